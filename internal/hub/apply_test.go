package hub_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/hub"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// fake is Security Hub in every Region: it keeps the calls and refuses what it is told to.
type fake struct {
	region string
	calls  *[]call
	refuse func(id string, try int) string // error code for a finding, "" takes it
	reject func(ids []string) error        // error for a call
	tries  map[string]int
}

type call struct {
	Region, Status, Note, By string
	IDs                      []string
}

func (f fake) BatchUpdateFindings(ctx context.Context, in *securityhub.BatchUpdateFindingsInput,
	_ ...func(*securityhub.Options),
) (*securityhub.BatchUpdateFindingsOutput, error) {
	made := call{Region: f.region, Note: *in.Note.Text, By: *in.Note.UpdatedBy}
	if in.Workflow != nil {
		made.Status = string(in.Workflow.Status)
	}
	out := &securityhub.BatchUpdateFindingsOutput{}
	for _, id := range in.FindingIdentifiers {
		made.IDs = append(made.IDs, *id.Id)
		f.tries[*id.Id]++
		if code := f.refuse(*id.Id, f.tries[*id.Id]); code != "" {
			out.UnprocessedFindings = append(out.UnprocessedFindings, types.BatchUpdateFindingsUnprocessedFinding{
				FindingIdentifier: &id, ErrorCode: aws.String(code), ErrorMessage: aws.String("no"),
			})
		}
	}
	*f.calls = append(*f.calls, made)
	if err := f.reject(made.IDs); err != nil {
		return nil, err
	}
	return out, ctx.Err()
}

// setup returns a client over fakes and the calls they got.
func setup(refuse func(string, int) string, reject func([]string) error) (*hub.Client, *[]call) {
	if refuse == nil {
		refuse = func(string, int) string { return "" }
	}
	if reject == nil {
		reject = func([]string) error { return nil }
	}
	calls, tries := &[]call{}, map[string]int{}
	return hub.New(func(region string) hub.API { return fake{region, calls, refuse, reject, tries} }), calls
}

// key is the identity of a finding of one product and account.
func key(id string) finding.Key {
	return finding.Key{API: finding.ASFF, ID: id, ProductArn: "arn:p", Account: "222222222222"}
}

func update(id, text string) note.Update {
	return note.Update{
		Key: key(id), Region: "us-east-1", Status: note.Resolved, Note: text,
	}
}

func TestApplyShares(t *testing.T) {
	elsewhere, notified := update("b", "n"), update("c", "n")
	elsewhere.Region, notified.Status = "eu-west-1", note.Notified
	client, calls := setup(nil, nil)
	failed, err := client.Apply(t.Context(), []note.Update{
		update("a", "n"), elsewhere, notified, update("d", "other"), update("e", "n"),
	})
	if err != nil || len(failed) != 0 {
		t.Fatalf("failed %v, error %v", failed, err)
	}
	want := []call{
		{"us-east-1", "RESOLVED", "n", "Salve", []string{"a", "e"}},
		{"eu-west-1", "RESOLVED", "n", "Salve", []string{"b"}},
		{"us-east-1", "NOTIFIED", "n", "Salve", []string{"c"}},
		{"us-east-1", "RESOLVED", "other", "Salve", []string{"d"}},
	}
	if diff := cmp.Diff(want, *calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestApplyOfANoteAlone leaves the status to whoever has set it, and is signed so that its event is known.
func TestApplyOfANoteAlone(t *testing.T) {
	alone, echo := update("a", "n"), update("c", "n")
	alone.Status, echo.Status, echo.Echoes = note.Kept, note.Kept, true
	client, calls := setup(nil, nil)
	if _, err := client.Apply(t.Context(), []note.Update{alone, update("b", "n"), echo}); err != nil {
		t.Fatal(err)
	}
	want := []call{
		{"us-east-1", "", "n", "Salve", []string{"a"}},
		{"us-east-1", "RESOLVED", "n", "Salve", []string{"b"}},
		{"us-east-1", "", "n", names.UpdatedByAside, []string{"c"}},
	}
	if diff := cmp.Diff(want, *calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestApplyCost measures how many calls findings cost. AWS has one note per call: the run, not the
// finding, is the unit that is paid for, unless the runs of a batch say the same.
func TestApplyCost(t *testing.T) {
	tests := map[string]struct {
		runs, findings int
		run            func(i int) string
		want           int
	}{
		"one finding":                    {1, 1, func(i int) string { return fmt.Sprint("r", i) }, 1},
		"one run, three standards":       {1, 3, func(i int) string { return fmt.Sprint("r", i) }, 1},
		"one run, 250 findings":          {1, 250, func(i int) string { return fmt.Sprint("r", i) }, 3},
		"ten runs, each its own id":      {10, 1, func(i int) string { return fmt.Sprint("r", i) }, 10},
		"ten runs, named by their batch": {10, 1, func(int) string { return "b7" }, 1},
		"ten runs, three findings each":  {10, 3, func(i int) string { return fmt.Sprint("r", i) }, 10},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var updates []note.Update
			verified := outcome.Cell{Outcome: outcome.Verified, Trigger: outcome.Reported, Written: true}
			for i := range tc.runs {
				for n := range tc.findings {
					o := note.Outcome{Cell: verified, Control: "S3.8", Changes: "A false→true", RunID: tc.run(i)}
					u, _ := o.Update(run.Finding{Key: key(fmt.Sprintf("f%d-%d", i, n)), Region: "us-east-1"})
					updates = append(updates, u)
				}
			}
			client, calls := setup(nil, nil)
			if _, err := client.Apply(t.Context(), updates); err != nil {
				t.Fatal(err)
			}
			if len(*calls) != tc.want {
				t.Errorf("%d calls, want %d", len(*calls), tc.want)
			}
		})
	}
}

func TestApplyLastUpdateOfAFindingCounts(t *testing.T) {
	client, calls := setup(nil, nil)
	updates := []note.Update{update("a", "old"), update("a", "new"), update("a", "new")}
	if _, err := client.Apply(t.Context(), updates); err != nil {
		t.Fatal(err)
	}
	if len(*calls) != 1 || (*calls)[0].Note != "new" || len((*calls)[0].IDs) != 1 {
		t.Errorf("calls %+v, want one that says new", *calls)
	}
}

func TestApplyItems(t *testing.T) {
	const always = 99
	tests := map[string]struct {
		code  string
		until int // refused up to this try
		tries int
		want  fault.Class
		warns bool
	}{
		"busy once":     {"ConcurrentUpdateError", 1, 2, fault.None, false},
		"busy twice":    {"InternalFailure", 2, 3, fault.None, false},
		"busy for good": {"ConcurrentUpdateError", always, 3, fault.Retry, false},
		"not there":     {"FindingNotFound", always, 1, fault.Gone, true},
		"invalid":       {"InvalidInput", always, 1, fault.Invalid, false},
		"too large":     {"FindingSizeExceeded", always, 1, fault.Invalid, false},
		"nobody knows":  {"Surprise", always, 1, fault.Unknown, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, calls := setup(func(id string, try int) string {
					if id == "bad" && try <= tc.until {
						return tc.code
					}
					return ""
				}, nil)
				failed, err := client.Apply(t.Context(), []note.Update{update("good", "n"), update("bad", "n")})
				if got := fault.Of(failed[key("bad")]); got != tc.want {
					t.Errorf("class %q, want %q", got, tc.want)
				}
				if failed[key("good")] != nil {
					t.Errorf("the other finding failed: %v", failed[key("good")])
				}
				if warns := errors.Is(failed[key("bad")], note.ErrNotFound); warns != tc.warns {
					t.Errorf("a warning: %v, want %v", warns, tc.warns)
				}
				if want := tc.want != fault.None && !tc.warns; (err != nil) != want {
					t.Errorf("error %v, want one: %v", err, want)
				}
				if len(*calls) != tc.tries {
					t.Errorf("%d calls, want %d", len(*calls), tc.tries)
				}
				if last := (*calls)[len(*calls)-1]; tc.tries > 1 && len(last.IDs) != 1 {
					t.Errorf("a retry names %v, want the refused finding only", last.IDs)
				}
			})
		})
	}
}

func TestApplyStopsWhenTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		client, calls := setup(func(string, int) string { return "InternalFailure" }, nil)
		failed, err := client.Apply(ctx, []note.Update{update("a", "n")})
		if len(*calls) != 1 || fault.Of(failed[key("a")]) != fault.Retry || err == nil {
			t.Errorf("%d calls, failed %v, error %v", len(*calls), failed, err)
		}
	})
}

func TestApplyIsolatesAPoisonedCall(t *testing.T) {
	rejected := &smithy.GenericAPIError{Code: "ValidationException", Message: "member 7"}
	client, calls := setup(nil, func(ids []string) error {
		if strings.Contains(strings.Join(ids, " "), "poison") {
			return rejected
		}
		return nil
	})
	var updates []note.Update
	for i := range 99 {
		updates = append(updates, update(fmt.Sprint("f", i), "n"))
	}
	failed, err := client.Apply(t.Context(), append(updates, update("poison", "n")))
	if len(failed) != 1 || !errors.Is(failed[key("poison")], rejected) || !errors.Is(err, rejected) {
		t.Errorf("failed %v, want the poisoned finding alone", failed)
	}
	if len(*calls) > 16 {
		t.Errorf("%d calls to find one in 100", len(*calls))
	}
}

func TestApplyCallFails(t *testing.T) {
	throttled := &smithy.GenericAPIError{Code: "TooManyRequestsException"}
	client, calls := setup(nil, func(ids []string) error {
		if ids[0] == "a" {
			return throttled
		}
		return nil
	})
	failed, err := client.Apply(t.Context(), []note.Update{update("a", "1"), update("b", "1"), update("c", "2")})
	if len(failed) != 2 || fault.Of(failed[key("b")]) != fault.Retry || !errors.Is(err, throttled) {
		t.Errorf("failed %v, error %v, want both findings of the call", failed, err)
	}
	if len(*calls) != 2 {
		t.Errorf("%d calls: the SDK repeats calls, not we, and the other group goes out", len(*calls))
	}
}

// nameless refuses without saying whom.
type nameless struct{}

func (nameless) BatchUpdateFindings(context.Context, *securityhub.BatchUpdateFindingsInput,
	...func(*securityhub.Options),
) (*securityhub.BatchUpdateFindingsOutput, error) {
	return &securityhub.BatchUpdateFindingsOutput{
		UnprocessedFindings: []types.BatchUpdateFindingsUnprocessedFinding{{ErrorCode: aws.String("InternalFailure")}},
	}, nil
}

func TestApplyNamelessRefusalCountsForAll(t *testing.T) {
	client := hub.New(func(string) hub.API { return nameless{} })
	failed, err := client.Apply(t.Context(), []note.Update{update("a", "n"), update("b", "n")})
	if len(failed) != 2 || fault.Of(err) != fault.Retry {
		t.Errorf("failed %v, error %v", failed, err)
	}
}

func TestApplyRefusesBadUpdates(t *testing.T) {
	tests := map[string]func(*note.Update){
		"no id":        func(u *note.Update) { u.ID = "" },
		"no product":   func(u *note.Update) { u.ProductArn = "" },
		"no region":    func(u *note.Update) { u.Region = "" },
		"no status":    func(u *note.Update) { u.Status = "" },
		"suppressed":   func(u *note.Update) { u.Status = note.Workflow("SUPPRESSED") },
		"no note":      func(u *note.Update) { u.Note = " \n\u200b" },
		"another API":  func(u *note.Update) { u.API = finding.OCSF },
		"long note":    func(u *note.Update) { u.Note = strings.Repeat("x", 513) },
		"long, astral": func(u *note.Update) { u.Note = strings.Repeat("🙂", 257) },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			client, calls := setup(nil, nil)
			bad := update("bad", "n")
			spoil(&bad)
			failed, err := client.Apply(t.Context(), []note.Update{bad, update("good", "n")})
			if fault.Of(failed[bad.Key]) != fault.Invalid || fault.Of(err) != fault.Invalid {
				t.Errorf("failed %v, error %v, want invalid", failed, err)
			}
			if len(*calls) != 1 || !cmp.Equal((*calls)[0].IDs, []string{"good"}) {
				t.Errorf("calls %+v, want one for the good update", *calls)
			}
		})
	}
}
