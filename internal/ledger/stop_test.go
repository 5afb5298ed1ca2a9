package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/run"
)

// noSettings takes the configuration item out of the table.
func noSettings(t *testing.T) {
	t.Helper()
	book := history()
	_, err := book.DB.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &book.Table, Key: item{
		"pk": &types.AttributeValueMemberS{Value: "config"}, "sk": &types.AttributeValueMemberS{Value: "config"},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// halt is a stop that ends after a while; 0 is for good.
func halt(owner, control string, ends time.Duration) gate.Stop {
	s := gate.Stop{Control: control, Since: began(), Origin: gate.Origin{Owner: owner, Reason: "incident 7"}}
	if ends > 0 {
		s.Expires = began().Add(ends)
	}
	return s
}

// stops expects what is stored, in order.
func stops(t *testing.T, want ...gate.Stop) {
	t.Helper()
	got, err := open().Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got.Stops); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// trip stores a stop of the engine after a while and expects which one holds.
func trip(t *testing.T, s gate.Stop, after time.Duration, want gate.Stop) {
	t.Helper()
	got, err := open().Trip(t.Context(), s, began().Add(after))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("what holds (-want +got):\n%s", d)
	}
}

// resume expects whether there was something to lift.
func resume(t *testing.T, control string, want bool) {
	t.Helper()
	if lifted, err := open().Resume(t.Context(), control, began()); err != nil || lifted != want {
		t.Errorf("lifted %q: %v, %v, want %v", control, lifted, err, want)
	}
}

// TestStopBeforeAnyDocument: a stop needs no configuration, and a push leaves it.
func TestStopBeforeAnyDocument(t *testing.T) {
	noSettings(t)
	book := open()
	all, one := halt("ada", "", 0), halt("ada", "s3.8", time.Hour)
	for _, s := range []gate.Stop{all, halt("ada", "S3.8", time.Hour)} {
		if err := book.Stop(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	configured(t, "", 0)
	for i, doc := range []string{"one", "two"} {
		if err := book.PushConfig(t.Context(), doc, int64(i)); err != nil {
			t.Fatal(err)
		}
		stops(t, all, one)
	}
	if err := book.PushConfig(t.Context(), "stale", 1); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("pushed over version 2 with 1 in mind: %v, want ErrConflict", err)
	}
	configured(t, "two", 2)
	resume(t, "", true)
	stops(t, one)
	resume(t, "", false)
	resume(t, "S3.8", true)
	resume(t, "S3.8", false)
	stops(t)
	configured(t, "two", 2)
}

// TestResumeWithoutAnything: lifting what is not there makes no item.
func TestResumeWithoutAnything(t *testing.T) {
	noSettings(t)
	resume(t, "S3.8", false)
	resume(t, "", false)
	if left := raw(t, "config", "config"); left != nil {
		t.Errorf("made %v", left)
	}
	if left := raw(t, "tally#S3.8#"+began().Format(time.RFC3339), "tally"); left != nil {
		t.Errorf("made %v", left)
	}
}

// TestStopsMeet: who comes second.
func TestStopsMeet(t *testing.T) {
	const day = 24 * time.Hour
	person := func(ends time.Duration) gate.Stop { return halt("ada", "s3.8", ends) }
	salve := func(ends time.Duration) gate.Stop { return halt("Salve", "s3.8", ends) }
	tests := map[string]struct {
		old, next gate.Stop
		after     time.Duration // when the engine trips
		replaced  bool
	}{
		"person for good over a person":        {person(0), halt("bob", "s3.8", 0), 0, true},
		"person for longer over a person":      {person(time.Hour), halt("bob", "s3.8", day), 0, true},
		"person for as long":                   {person(time.Hour), halt("bob", "s3.8", time.Hour), 0, true},
		"person would shorten":                 {person(day), halt("bob", "s3.8", time.Hour), 0, false},
		"person would end what has no end":     {person(0), halt("bob", "s3.8", day), 0, false},
		"person for longer over the engine":    {salve(day), person(2 * day), 0, true},
		"person for good over the engine":      {salve(day), person(0), 0, true},
		"person would shorten the engine's":    {salve(day), person(time.Hour), 0, false},
		"engine over a person":                 {person(time.Hour), salve(day), 0, false},
		"engine over a person for good":        {person(0), salve(day), 2 * day, false},
		"engine over itself":                   {salve(day), salve(2 * day), time.Hour, false},
		"engine after a person's ended":        {person(time.Hour), salve(2 * day), time.Hour, true},
		"engine a second before a person's":    {person(time.Hour), salve(2 * day), time.Hour - time.Second, false},
		"engine after its own ended":           {salve(day), salve(3 * day), day, true},
		"engine, another control's is ignored": {halt("ada", "s3.2", 0), salve(day), 0, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			noSettings(t)
			if err := open().Stop(t.Context(), tc.old); err != nil {
				t.Fatal(err)
			}
			want := []gate.Stop{tc.old}
			switch {
			case tc.old.Control != tc.next.Control:
				want = append(want, tc.next)
			case tc.replaced:
				want = []gate.Stop{tc.next}
			}
			if tc.next.Owner == "Salve" {
				trip(t, tc.next, tc.after, want[len(want)-1])
			} else if err := open().Stop(t.Context(), tc.next); errors.Is(err, ledger.ErrLonger) == tc.replaced {
				t.Errorf("stop: %v", err)
			}
			stops(t, want...)
		})
	}
}

// TestUnreadableStop: what this release cannot read holds for good, and a
// person can still lift it.
func TestUnreadableStop(t *testing.T) {
	odd := gate.Origin{Owner: "nobody known", Reason: "the stored stop cannot be read"}
	s := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	n := func(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }
	m := func(v item) types.AttributeValue { return &types.AttributeValueMemberM{Value: v} }
	tests := map[string]struct {
		stored  types.AttributeValue
		want    []gate.Stop
		control string // that lifts it
	}{
		"no map":      {s("all"), []gate.Stop{{Origin: odd}}, ""},
		"a list":      {&types.AttributeValueMemberL{}, []gate.Stop{{Origin: odd}}, ""},
		"a text":      {m(item{"s3.8": s("yes")}), []gate.Stop{{Origin: odd, Control: "s3.8"}}, "S3.8"},
		"empty":       {m(item{"s3.8": m(item{})}), []gate.Stop{{Origin: odd, Control: "s3.8"}}, "S3.8"},
		"no number":   {m(item{"*": m(item{"expires": s("1")})}), []gate.Stop{{Origin: odd}}, ""},
		"a fraction":  {m(item{"*": m(item{"expires": n("1.5")})}), []gate.Stop{{Origin: odd}}, ""},
		"a huge one":  {m(item{"*": m(item{"expires": n("1e30")})}), []gate.Stop{{Origin: odd}}, ""},
		"negative":    {m(item{"*": m(item{"expires": n("-1")})}), []gate.Stop{{Origin: odd}}, ""},
		"nobody":      {m(item{"s3.8": m(item{"expires": n("0")})}), []gate.Stop{{Control: "s3.8"}}, "S3.8"},
		"odd name":    {m(item{"x y": m(item{"expires": n("0")})}), []gate.Stop{{Control: "x y"}}, "x y"},
		"newer field": {m(item{"*": m(item{"expires": n("0"), "accounts": s("1")})}), []gate.Stop{{}}, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			noSettings(t)
			book := history()
			_, err := book.DB.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &book.Table, Item: item{
				"pk": s("config"), "sk": s("config"), "doc": s("one"), "version": n("1"), "stops": tc.stored,
			}})
			if err != nil {
				t.Fatal(err)
			}
			stops(t, tc.want...)
			resume(t, tc.control, true)
			stops(t)
			configured(t, "one", 1)
		})
	}
}

// TestResumeForgetsFailures: after it a control has its failures before it again.
func TestResumeForgetsFailures(t *testing.T) {
	control := t.Name()
	count := func(status run.Status, want map[run.Status]int) {
		t.Helper()
		got, err := open().Tally(t.Context(), control, status, began())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
	count(run.StatusFailed, map[run.Status]int{run.StatusFailed: 1})
	count(run.StatusDenied, map[run.Status]int{run.StatusFailed: 1, run.StatusDenied: 1})
	resume(t, control, false)
	count(run.StatusFailed, map[run.Status]int{run.StatusFailed: 1})
}
