package assess

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
)

const bucket = "arn:aws:s3:::logs"

// TestOutcomes: whatever may be in the way of a piece of work has an outcome of its own, and a sentence.
func TestOutcomes(t *testing.T) {
	tests := map[string]struct {
		prepare func(w *world)
		class   Class
		reason  string
		noticed int
	}{
		"changes":  {func(w *world) { w.fails("S3.1", own, bucket) }, Automatic, "", 0},
		"notices":  {func(w *world) { w.fails("S3.2", own, bucket) }, Automatic, "", 1},
		"destroys": {func(w *world) { w.fails("S3.3", own, bucket) }, Approval, "This change is destructive", 1},
		"one way":  {func(w *world) { w.fails("S3.4", own, bucket) }, Approval, "cannot be undone", 0},
		"rights":   {func(w *world) { w.fails("S3.5", own, bucket) }, Approval, "decides who may do what", 0},
		"stale":    {func(w *world) { w.report("S3.1", own, bucket, finding.Failed) }, Compliant, "compliant now", 0},
		"gone": {func(w *world) {
			w.fails("S3.1", own, bucket)
			w.broken[bucket] = fault.New(fault.Gone, "no such bucket")
		}, Gone, "does not exist any more", 0},
		"no playbook": {func(w *world) { w.fails("EC2.1", own, bucket) }, NoPlaybook, "no playbook for this control", 0},
		"foreign": {
			func(w *world) { w.fails("S3.1", own, "arn:aws:ec2:::x") },
			Refused, "does not work on a resource of this type and form", 0,
		},
		"refused": {func(w *world) {
			w.fails("S3.1", own, bucket)
			w.broken[bucket] = fault.New(fault.Refused, "It hosts a website")
		}, Refused, "It hosts a website", 0},
		"denied": {func(w *world) {
			w.fails("S3.1", own, bucket)
			w.broken[bucket] = &smithy.GenericAPIError{Code: "AccessDenied", Message: "by a policy"}
		}, Unlooked, "A policy forbids to look: ", 0},
		"throttled": {func(w *world) {
			w.fails("S3.1", own, bucket)
			w.broken[bucket] = &smithy.GenericAPIError{Code: "ThrottlingException"}
		}, Unlooked, "AWS did not answer in time: ", 0},
		"no role": {func(w *world) {
			w.fails("S3.1", own, bucket)
			w.shut[own] = fault.New(fault.NotOnboarded, "nobody there")
		}, Unlooked, "Account " + own + " has no role that lets us in: ", 0},
		"odd": {func(w *world) { w.fails("S3.1", own, bucket); w.broken[bucket] = errors.New("odd") }, Unlooked, "odd", 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.playbooks()
			tc.prepare(w)
			sum := w.assessed(t, journal(t, head()))
			if len(sum.Work) != 1 {
				t.Fatalf("%d rows", len(sum.Work))
			}
			row := sum.Work[0]
			if row.Outcome != tc.class || !strings.Contains(row.Reason, tc.reason) || sum.Total.Interrupts != tc.noticed {
				t.Errorf("%s %q, noticed %d; want %s %q, %d", row.Outcome, row.Reason, sum.Total.Interrupts, tc.class,
					tc.reason, tc.noticed)
			}
			if changes := row.Outcome.Changes(); changes != (len(row.Changes) == 1 && row.Count == 1) {
				t.Errorf("%s with the plan %q", row.Outcome, row.Changes)
			}
		})
	}
}

// playbooks are one of each kind.
func (w *world) playbooks() {
	w.playbook("S3.1", nil)
	w.playbook("S3.2", func(i *control.Info) { i.Impact = control.ImpactInterrupts })
	w.playbook("S3.3", func(i *control.Info) { i.Impact = control.ImpactDestructive })
	w.playbook("S3.4", func(i *control.Info) { i.OneWay = map[string]string{"Open": "it is lost"} })
	w.playbook("S3.5", func(i *control.Info) { i.Identities = true })
}

// TestCopiesAreOnePieceOfWork: however many findings report a control on a resource, it is looked at once, and in one
// session for all resources of the control in the account, which can only read.
func TestCopiesAreOnePieceOfWork(t *testing.T) {
	w := newWorld()
	w.playbooks()
	for n := range 250 {
		w.fails("S3.1", own, fmt.Sprintf("%s-%d", bucket, n%5), []string{cis, fsbp}[n%2])
	}
	w.fails("S3.1", "333333333333", bucket+"-0", cis)
	w.report("", own, bucket, finding.Failed) // contradicts itself
	sum := w.assessed(t, journal(t, head()))
	if sum.Total.Work != 6 || sum.Total.Findings != 251 || sum.Disbelieved != 1 || len(w.opened) != 2 {
		t.Errorf("%+v, %d disbelieved, %d sessions", sum.Total, sum.Disbelieved, len(w.opened))
	}
	for resource, n := range w.reads {
		if want := 1; n != want && resource != "S3.1 "+bucket+"-0" { // which two accounts have
			t.Errorf("%s was read %d times", resource, n)
		}
	}
	want := control.SessionRequest{
		Target: control.Target{Partition: "aws"}, Source: "ann", Role: control.RoleRemediation,
		Actions: []string{"s3:GetBucketPolicy"},
	}
	for _, got := range w.opened {
		got.Target.Account, got.RunID = "", ""
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	if d := cmp.Diff([]string{cis, fsbp}, sum.Work[0].Standards); d != "" {
		t.Error(d)
	}
}

// TestNarrowed: AWS narrows as far as it can, and what it cannot is left out here.
func TestNarrowed(t *testing.T) {
	for name, tc := range map[string]struct {
		query Query
		of    []string
		want  int
	}{
		"everything":    {Query{}, nil, 4},
		"a pattern":     {Query{Controls: []string{"S3.*"}}, nil, 3},
		"a star within": {Query{Controls: []string{"S*.1", "EC2.1"}}, nil, 3},
		"a standard":    {Query{Standards: []string{fsbp}}, nil, 1},
		"an account":    {Query{Accounts: []string{own}}, []string{own}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.playbooks()
			w.fails("S3.1", own, bucket, cis, fsbp)
			w.fails("S3.2", own, bucket, cis)
			w.fails("S3.1", "333333333333", bucket, cis)
			w.fails("EC2.1", own, bucket, cis)
			h := head()
			h.Query, h.Of = tc.query, tc.of
			if sum := w.assessed(t, journal(t, h)); sum.Total.Work != tc.want {
				t.Errorf("%d, want %d", sum.Total.Work, tc.want)
			}
		})
	}
}

// TestInForce: where there is a hub, each piece of work also says what its configuration lets happen today.
func TestInForce(t *testing.T) {
	rule := gate.Rule{Mode: gate.Auto, Where: []gate.Where{{OUs: []string{"ou-ab12-prod1234"}}}}
	for name, tc := range map[string]struct {
		units []string
		stops []gate.Stop
		want  string
	}{
		"acts":             {[]string{"ou-ab12-prod1234"}, nil, "act"},
		"another unit":     {[]string{"ou-ab12-test1234"}, nil, "ignore"},
		"unit not known":   {nil, nil, "ignore"},
		"everything rests": {[]string{"ou-ab12-prod1234"}, []gate.Stop{{Origin: gate.Origin{Owner: "ann"}}}, "ignore"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.playbooks()
			w.fails("S3.1", own, bucket, cis)
			a := w.assessment(journal(t, head()))
			a.Hub, a.Config, a.Stops = true, gate.Config{Controls: map[string]gate.Rule{"S3.1": rule}}, tc.stops
			a.Placed = placedIn(tc.units)
			if err := a.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			for row := range a.Journal.Report().Rows() {
				if row.InForce != tc.want || row.Outcome != Automatic || row.Because == "" {
					t.Errorf("%+v", row)
				}
			}
		})
	}
}

// TestPace: AWS takes three requests a second, six at once.
func TestPace(t *testing.T) {
	w := newWorld()
	w.playbooks()
	for n := range 2000 {
		w.report("EC2.1", own, fmt.Sprintf("%s-%d", bucket, n), finding.Failed)
	}
	w.assessed(t, journal(t, head()))
	if least := float64(w.pages-atOnce) / perSecond; w.pages < 20 || w.slept.Seconds() < least-0.01 {
		t.Errorf("%d pages in %s", w.pages, w.slept)
	}
}

// TestHubAnswersBadly: what keeps from listing is one sentence, and ends the assessment.
func TestHubAnswersBadly(t *testing.T) {
	for name, tc := range map[string]struct {
		err   error
		class fault.Class
		want  string
	}{
		"no Security Hub": {&types.InvalidAccessException{}, fault.Refused, "Security Hub is not enabled here"},
		"throttled": {
			&smithy.GenericAPIError{Code: "TooManyRequestsException"}, fault.Retry,
			"look for findings: AWS does not answer in time (",
		},
		"expired": {
			&smithy.GenericAPIError{Code: "ExpiredTokenException"}, fault.Retry, "your session has ended: log in again",
		},
		"denied": {&smithy.GenericAPIError{Code: "AccessDeniedException"}, fault.Denied, "look for findings: "},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.hubFails = tc.err
			err := w.assessment(journal(t, head())).Run(t.Context())
			if fault.Of(err) != tc.class || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("%v (%s)", err, fault.Of(err))
			}
		})
	}
}

// TestEveryAccountIsAskedOnce: one that nobody can enter is not tried for each of its controls.
func TestEveryAccountIsAskedOnce(t *testing.T) {
	w := newWorld()
	w.playbooks()
	w.shut[own] = fault.New(fault.NotOnboarded, "nobody there")
	w.fails("S3.1", own, bucket)
	w.fails("S3.2", own, bucket)
	a := w.assessment(journal(t, head()))
	a.Workers = 1
	if err := a.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.opened) != 1 {
		t.Errorf("%d sessions were asked for", len(w.opened))
	}
}

// TestOneself: without a role that is named only the own account is entered, and with own credentials nothing is sent
// that could change something.
func TestOneself(t *testing.T) {
	w := newWorld()
	alone := Oneself{Account: own}
	if _, err := alone.Open(t.Context(), Request(control.Control{}, hubAccount, "aws", "r1", "ann")); fault.Of(err) !=
		fault.NotOnboarded {
		t.Errorf("%v", err)
	}
	cfg, err := alone.Open(t.Context(), Request(control.Control{}, own, "aws", "r1", "ann"))
	if err != nil || len(cfg.APIOptions) != 1 {
		t.Errorf("%v, %d guards", err, len(cfg.APIOptions))
	}
	with := Oneself{Account: own, Members: w}
	if _, err := with.Open(t.Context(), Request(control.Control{}, hubAccount, "aws", "r1", "ann")); err != nil ||
		aws.ToString(&w.opened[0].Target.Account) != hubAccount {
		t.Errorf("%v", err)
	}
}
