package judge_test

import (
	"testing"

	"github.com/salve-security/salve/internal/judge"
)

func TestVerdict(t *testing.T) {
	const same, less = "same", "less"
	asks := map[string]string{same: "", less: "is content with half of it"}
	said := func(check, before, fixed, undone string) judge.Seen {
		return judge.Seen{Checks: map[string][3]string{check: {before, fixed, undone}}}
	}
	stays, removes := said(same, "FAIL", "PASS", "PASS"), said(same, "FAIL", "none", "none")
	replaced := removes
	stays.Stays, removes.Removes, replaced.Stays = true, true, true
	backAgain := said(same, "FAIL", "PASS", "FAIL")
	backAgain.Stays = true
	two := said(same, "FAIL", "PASS", "FAIL")
	two.Checks[less] = [3]string{"PASS", "PASS", "PASS"}
	objects := said(same, "FAIL", "PASS", "FAIL")
	objects.Checks[less] = [3]string{"PASS", "FAIL", "PASS"}
	for name, tc := range map[string]struct {
		asks map[string]string
		all  []judge.Seen
		want judge.Verdict
	}{
		"no check asks":              {nil, []judge.Seen{{}}, judge.Unasked},
		"never seen":                 {asks, nil, judge.Silent},
		"fails, passes, fails":       {asks, []judge.Seen{said(same, "FAIL", "PASS", "FAIL")}, judge.Agrees},
		"less, and fails":            {asks, []judge.Seen{said(less, "FAIL", "PASS", "FAIL")}, judge.Agrees},
		"less, and passes before":    {asks, []judge.Seen{said(less, "PASS", "PASS", "PASS")}, judge.Silent},
		"passes before":              {asks, []judge.Seen{said(same, "PASS", "PASS", "PASS")}, judge.Differs},
		"fails after the fix":        {asks, []judge.Seen{said(same, "FAIL", "FAIL", "FAIL")}, judge.Differs},
		"less, and fails after it":   {asks, []judge.Seen{said(less, "PASS", "FAIL", "PASS")}, judge.Differs},
		"passes after the undo":      {asks, []judge.Seen{said(same, "FAIL", "PASS", "PASS")}, judge.Differs},
		"no finding after the fix":   {asks, []judge.Seen{said(same, "FAIL", "none", "FAIL")}, judge.Differs},
		"no finding":                 {asks, []judge.Seen{said(same, "none", "none", "none")}, judge.Silent},
		"one way":                    {asks, []judge.Seen{stays}, judge.Agrees},
		"one way, and fails again":   {asks, []judge.Seen{backAgain}, judge.Differs},
		"removed":                    {asks, []judge.Seen{removes}, judge.Agrees},
		"replaced":                   {asks, []judge.Seen{replaced}, judge.Agrees},
		"one sees it, one does not":  {asks, []judge.Seen{two}, judge.Agrees},
		"one sees it, one objects":   {asks, []judge.Seen{objects}, judge.Differs},
		"one start agrees, one none": {asks, []judge.Seen{two, said(less, "PASS", "PASS", "PASS")}, judge.Agrees},
		"one start of two differs":   {asks, []judge.Seen{two, said(same, "PASS", "PASS", "PASS")}, judge.Differs},
	} {
		if got := judge.VerdictOf(tc.asks, tc.all); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}
