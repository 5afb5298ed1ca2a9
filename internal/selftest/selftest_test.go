package selftest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/proof"
	"github.com/salve-security/salve/internal/selftest"
)

// engine fails at one step.
type engine struct{ fails string }

func (e engine) end(step string) error {
	if step == e.fails {
		return errors.New("arn:aws:s3:::x of 222222222222 was not to be had")
	}
	return nil
}

func (e engine) Fix(context.Context, string, string) (string, error) { return "r1", e.end("fix") }
func (e engine) Verify(context.Context, string) error                { return e.end("verify") }
func (e engine) Undo(context.Context, string) error                  { return e.end("undo") }
func (e engine) Packed() []int                                       { return []int{9} }

// test is one with a single seed, whose removal is counted.
func test(fails string, keep bool, removed *[]string) selftest.Test {
	e := engine{fails}
	return selftest.Test{
		Engine: e, Keep: keep, Said: func(string, string) {}, Stamp: "20261130t120000", Mine: func() error { return nil },
		Now: func() time.Time { return time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) },
		Seeds: []selftest.Seed{{
			Control: "S3.8", Make: func(context.Context, aws.Config, string) (string, error) { return "x", e.end("make") },
			Family: selftest.Family{Name: "thing", Remove: func(_ context.Context, _ aws.Config, name string) error {
				*removed = append(*removed, name)
				return e.end("destroy")
			}},
		}},
	}
}

// TestWhatWasMadeIsDestroyed: whichever step fails, and then no later one is tried.
func TestWhatWasMadeIsDestroyed(t *testing.T) {
	all := []string{"make", "fix", "verify", "undo"}
	for _, fails := range append(all, "destroy", "") {
		t.Run("fails at "+fails, func(t *testing.T) {
			var removed []string
			told, err := test(fails, false, &removed).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var steps []string
			for _, s := range told[0].Steps {
				steps = append(steps, s.Step)
				if s.OK == (s.Step == fails) || strings.Contains(s.Error, "222222222222") {
					t.Errorf("%+v", s)
				}
			}
			want := append(slices.Clone(all), "destroy")
			if at := slices.Index(all, fails); at >= 0 {
				want = append(slices.Clone(all[:at+1]), "destroy")
			}
			if d := cmp.Diff(want, steps); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff([]string{"selftest-of-salve-20261130t120000-s3-8"}, removed); d != "" {
				t.Error(d)
			}
			if passed := (proof.Report{Controls: told}).Passed(); passed != (fails == "") {
				t.Errorf("passed: %v", passed)
			}
		})
	}
}

// TestKeptAndEnded: with Keep nothing is destroyed, and after Ctrl-C nothing more is begun.
func TestKeptAndEnded(t *testing.T) {
	var removed []string
	if told, err := test("", true, &removed).Run(t.Context()); err != nil || len(told[0].Steps) != 4 || len(removed) != 0 {
		t.Errorf("%+v, %v, removed %q", told, err, removed)
	}
	ctx, end := context.WithCancel(t.Context())
	end()
	if told, err := test("", false, &removed).Run(ctx); err == nil || len(told) != 0 {
		t.Errorf("%+v, %v", told, err)
	}
}
