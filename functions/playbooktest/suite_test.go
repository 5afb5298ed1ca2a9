package playbooktest_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
)

// mistaken, when set, makes this program run the suites that must fail.
const mistaken = "CONTROLTEST_MISTAKEN"

func TestRun(t *testing.T) {
	if os.Getenv(mistaken) != "" {
		t.Skip("only the mistaken ones run")
	}
	for name, start := range map[string]map[string]string{
		"no labels": nil, "other labels": {"team": "a"}, "other owner": {"owner": "nobody"},
	} {
		t.Run(name, func(t *testing.T) { playbooktest.Run(t, mistakes{}.suite(start)) })
	}
	t.Run("facts", func(t *testing.T) { playbooktest.Run(t, wrongs{}.suite()) })
}

// known is a mistake in a control or in its suite, and the case that must find it.
type known struct {
	mistakes mistakes
	suite    func(*playbooktest.Suite)
	found    string
}

func allKnown() map[string]known {
	return map[string]known{
		"swallows-errors":  {mistakes{swallowsErrors: true}, nil, "denied without its write actions"},
		"swallows-limits":  {mistakes{swallowsErrors: true}, nil, "what a quota leaves half done is taken back"},
		"loses-others":     {mistakes{losesOthers: true}, nil, "undo from storage restores"},
		"cannot-remove":    {mistakes{cannotRemove: true}, nil, "undo from storage restores"},
		"gone-is-new":      {mistakes{takesGoneForNew: true}, nil, playbooktest.CaseGone},
		"calls-more":       {mistakes{callsMore: true}, nil, "calls are the declared actions"},
		"reads-once":       {mistakes{readsOnce: true}, nil, playbooktest.CaseUnrelated},
		"plans-by-writing": {mistakes{plansByWriting: true}, nil, "plan needs reading rights only"},
		"declares-more": {mistakes{info: func(i *control.Info) {
			i.Actions = append(i.Actions, "s3:GetBucketAcl")
		}}, nil, "denied without any one action"},
		"undo-declares-more": {mistakes{info: func(i *control.Info) {
			i.UndoActions = []string{"s3:GetBucketAcl"}
		}}, nil, "calls are the declared actions"},
		"narrows-something-else": {mistakes{info: func(i *control.Info) {
			i.Narrow = func(env control.Env) []string {
				return []string{"arn:aws:sqs:" + env.Target.Region + ":" + env.Target.Account + ":x"}
			}
		}}, nil, playbooktest.CaseNarrow},
		"not-narrowed": {mistakes{info: func(i *control.Info) { i.WholeAccount = true }}, nil, playbooktest.CaseNarrow},
		"takes-everything": {mistakes{info: func(i *control.Info) {
			i.Pattern = regexp.MustCompile(`(?s)^(?:arn:aws:s3:::)?(.*)$`)
			i.Narrow = func(env control.Env) []string { return []string{env.Target.Resource} }
		}}, nil, "other kinds of resources are refused"},
		"one-partition": {mistakes{info: func(i *control.Info) {
			i.Pattern = regexp.MustCompile(`^arn:aws:s3:::([a-z0-9-]+)$`)
		}}, nil, "declaration is complete"},
		"no-disturb":   {mistakes{}, func(s *playbooktest.Suite) { s.Disturb = nil }, playbooktest.CaseDrift},
		"theirs-ours":  {mistakes{}, func(s *playbooktest.Suite) { s.Unrelated = s.Disturb }, playbooktest.CaseUnrelated},
		"fact-written": {mistakes{}, ofFacts(wrongs{writesFacts: true}, nil), playbooktest.CaseFacts},
		"fact-drifts":  {mistakes{}, ofFacts(wrongs{driftsOn: true}, nil), playbooktest.CaseFacts},
		"fact-undisturbed": {mistakes{}, ofFacts(wrongs{}, func(s *playbooktest.Suite) {
			s.DisturbFact = nil
		}), playbooktest.CaseFacts},
		"fact-of-nobody": {mistakes{}, ofFacts(wrongs{}, func(s *playbooktest.Suite) {
			s.DisturbFact = nothing
		}), playbooktest.CaseFacts},
		"no-facts":   {mistakes{}, func(s *playbooktest.Suite) { s.DisturbFact = nothing }, playbooktest.CaseFacts},
		"incomplete": {mistakes{info: func(i *control.Info) { i.Effect = "" }}, nil, "declaration is complete"},
	}
}

// ofFacts is the suite of a control with facts, changed.
func ofFacts(w wrongs, change func(*playbooktest.Suite)) func(*playbooktest.Suite) {
	return func(s *playbooktest.Suite) {
		*s = w.suite()
		if change != nil {
			change(s)
		}
	}
}

// TestMistaken runs the suites that must fail. It does so only in the process that TestRunFindsMistakes starts.
func TestMistaken(t *testing.T) {
	if os.Getenv(mistaken) == "" {
		t.Skip("run by TestRunFindsMistakes")
	}
	for name, k := range allKnown() {
		t.Run(name, func(t *testing.T) {
			s := k.mistakes.suite(map[string]string{"team": "a"})
			if k.suite != nil {
				k.suite(&s)
			}
			playbooktest.Run(t, s)
		})
	}
}

func TestRunFindsMistakes(t *testing.T) {
	if os.Getenv(mistaken) != "" {
		t.Skip("only the mistaken ones run")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMistaken$", "-test.v")
	cmd.Env = append(os.Environ(), mistaken+"=1")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("the mistaken suites passed:\n%s", out)
	}
	for name, k := range allKnown() {
		if !strings.Contains(string(out), "--- FAIL: TestMistaken/"+name+"/"+strings.ReplaceAll(k.found, " ", "_")+" ") {
			t.Errorf("%s: the case %q did not fail", name, k.found)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}
