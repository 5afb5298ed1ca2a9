package runbook_test

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/runbook"
)

// shut is whether a shop is closed.
type shut struct{ Shut bool }

func kind(is *shut) runbook.Runbook[shut] {
	return runbook.Runbook[shut]{
		Read:   func(context.Context, control.Env) (shut, error) { return *is, nil },
		Want:   func(shut, control.Env) (shut, error) { return shut{true}, nil },
		Do:     runbook.Document{Name: "Salve-CloseShop", Content: "schemaVersion: '0.3'\nmainSteps: []\n"},
		Undo:   runbook.Document{Name: "Salve-OpenShop", Content: `{"schemaVersion": "0.3", "mainSteps": [1]}`},
		Family: "shops",
		Parameters: func(env control.Env, _, _ shut) (map[string][]string, error) {
			return map[string][]string{"Shop": {env.Name}}, nil
		},
	}
}

func info() control.Info {
	return control.Info{
		ID: "Salve.CloseShop", Title: "Shops are closed", Severity: control.SeverityHigh, Resources: []string{"AwsS3Bucket"},
		Effect: "Nobody gets in.", Impact: control.ImpactInterrupts,
		Pattern: regexp.MustCompile(`^arn:aws:s3:::([a-z]+)$`), Actions: []string{"s3:GetBucketAcl"},
		Settle: control.Settle{Typical: time.Minute, Within: time.Hour},
	}
}

const role = "arn:aws:iam::222222222222:role/salve/automation/salve-shops"

// TestFirstUse: the document is published with the first start, is version 1 then, and is started once for a run.
func TestFirstUse(t *testing.T) {
	w, is := newWorld(), &shut{}
	c := kind(is).Control(info())
	p := must(c.Plan(t.Context(), w.env("r1")))(t)
	if slices.Contains(w.calls, "CreateDocument") || p.Runbook.Version != "1" {
		t.Errorf("a plan called %v and is for version %s", w.calls, p.Runbook.Version)
	}
	e := must(c.Start(t.Context(), w.env("r1"), p))(t)
	again := must(c.Start(t.Context(), w.env("r1"), p))(t)
	if d := cmp.Diff(e, again); d != "" || len(w.started) != 1 {
		t.Errorf("%d starts, the second differs: %s", len(w.started), d)
	}
	in := w.started[0]
	want := map[string][]string{"Shop": {"logs"}, "AutomationAssumeRole": {role}}
	if d := cmp.Diff(want, in.Parameters); d != "" || aws.ToString(in.DocumentVersion) != "1" {
		t.Errorf("version %s, parameters (-want +got):\n%s", aws.ToString(in.DocumentVersion), d)
	}
	if id, err := uuid.Parse(*in.ClientToken); err != nil || id.Version() != 5 {
		t.Errorf("token %s: %v", *in.ClientToken, err)
	}
	if later := must(c.Plan(t.Context(), w.env("r2")))(t); later.Hash != p.Hash {
		t.Error("that the document was published is another plan")
	}
	must(c.Start(t.Context(), w.env("r2"), p))(t)
	if len(w.started) != 2 || len(w.books["Salve-CloseShop"]) != 1 {
		t.Errorf("%d starts of %d versions", len(w.started), len(w.books["Salve-CloseShop"]))
	}
}

// TestUndoIsASecondRunbook, with a content and a start of its own.
func TestUndoIsASecondRunbook(t *testing.T) {
	w, is := newWorld(), &shut{}
	c := kind(is).Control(info())
	p := must(c.Plan(t.Context(), w.env("r1")))(t)
	must(c.Start(t.Context(), w.env("r1"), p))(t)
	is.Shut = true
	seen := must(c.Verify(t.Context(), w.env("r1"), p))(t)
	undo := must(c.PlanUndo(t.Context(), w.env("r2"), seen.Changes))(t)
	must(c.Start(t.Context(), w.env("r2"), undo))(t)
	const way = "Salve-OpenShop"
	if got := aws.ToString(w.started[1].DocumentName); undo.Runbook.Document != way || got != way {
		t.Errorf("planned %s, started %s", undo.Runbook.Document, got)
	}
	k := kind(is)
	k.Undo = runbook.Document{}
	oneWay := info()
	oneWay.OneWay = map[string]string{"Closed": "another path"}
	_, err := k.Control(oneWay).PlanUndo(t.Context(), w.env("r3"), seen.Changes)
	if fault.Of(err) != fault.Refused {
		t.Errorf("an undo without a runbook: %v", err)
	}
}

// TestAnotherContentIsAnotherVersion: a newer Salve publishes what it has, plans and starts that version, and nothing
// moves what others rely on.
func TestAnotherContentIsAnotherVersion(t *testing.T) {
	w, is := newWorld(), &shut{}
	c := kind(is).Control(info())
	old := must(c.Plan(t.Context(), w.env("r1")))(t)
	must(c.Start(t.Context(), w.env("r1"), old))(t)
	newer := kind(is)
	newer.Do.Content += "description: better\n"
	n := newer.Control(info())
	p := must(n.Plan(t.Context(), w.env("r2")))(t)
	if p.Hash == old.Hash || p.Runbook.Version != "2" {
		t.Errorf("another content is planned as version %s, with the hash that was approved: %v", p.Runbook.Version,
			p.Hash == old.Hash)
	}
	must(n.Start(t.Context(), w.env("r2"), p))(t)
	if got := aws.ToString(w.started[1].DocumentVersion); got != "2" {
		t.Errorf("started version %s", got)
	}
	must(c.Start(t.Context(), w.env("r3"), must(c.Plan(t.Context(), w.env("r3")))(t)))(t)
	if got := aws.ToString(w.started[2].DocumentVersion); got != "1" || len(w.books["Salve-CloseShop"]) != 2 {
		t.Errorf("an older Salve started version %s of %d", got, len(w.books["Salve-CloseShop"]))
	}
}

// TestLayoutIsNoContent: AWS may give a document back in another layout than it got.
func TestLayoutIsNoContent(t *testing.T) {
	w, is := newWorld(), &shut{}
	c := kind(is).Control(info())
	p := must(c.Plan(t.Context(), w.env("r1")))(t)
	must(c.Start(t.Context(), w.env("r1"), p))(t)
	w.books["Salve-CloseShop"][0].content = "mainSteps: [ ]\nschemaVersion: \"0.3\"\n# taken in\n"
	must(c.Start(t.Context(), w.env("r2"), p))(t)
}

// TestPlanRefuses documents that are not ours to start, and says what to do.
func TestPlanRefuses(t *testing.T) {
	altered := []version{{"", "schemaVersion: '0.3'\nmainSteps: [bad]\n"}}
	for name, tc := range map[string]struct {
		change func(*world)
		class  fault.Class
		says   string
	}{
		"of somebody else": {
			func(w *world) { w.owner, w.books["Salve-CloseShop"] = "333333333333", altered },
			fault.Refused, "belongs to 333333333333",
		},
		"no runbook": {func(w *world) { w.kind = types.DocumentTypeCommand }, fault.Refused, "is no runbook"},
		"another document of that name": {
			func(w *world) { w.books["Salve-CloseShop"] = altered }, fault.Refused, "was changed by somebody else",
		},
		"a later version of somebody else where ours is not published": {
			func(w *world) {
				w.books["Salve-CloseShop"] = append([]version{{"salve-0", "old"}}, altered...)
			}, fault.Refused, "its version 2 is not Salve's",
		},
		"our version with another content": {
			func(w *world) { w.books["Salve-CloseShop"][0].content = "mainSteps: [bad]" }, fault.Refused, "another content",
		},
		"not taken in": {
			func(w *world) { w.status = types.DocumentStatusFailed }, fault.Refused, "was not taken in",
		},
		"no right to look": {
			func(w *world) {
				w.before["GetDocument"] = func() error { return refused("AccessDeniedException", "no") }
			}, fault.Denied, "",
		},
		"no right to look for one that is missing": {
			func(w *world) {
				w.books["Salve-CloseShop"] = altered
				w.before["DescribeDocument"] = func() error { return refused("AccessDeniedException", "no") }
			}, fault.Denied, "",
		},
		"throttled": {
			func(w *world) {
				w.before["GetDocument"] = func() error { return refused("ThrottlingException", "slow") }
			},
			fault.Retry, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, is := newWorld(), &shut{}
			c := kind(is).Control(info())
			must(c.Start(t.Context(), w.env("r1"), must(c.Plan(t.Context(), w.env("r1")))(t)))(t)
			tc.change(w)
			_, err := c.Plan(t.Context(), w.env("r2"))
			if fault.Of(err) != tc.class || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("want %s that says %q, got %v", tc.class, tc.says, err)
			}
		})
	}
}

// TestStartRefuses: each way a start can fail has its class, and nothing was started that was not planned.
func TestStartRefuses(t *testing.T) {
	code := func(operation, code, message string) func(*world) {
		return func(w *world) { w.before[operation] = func() error { return refused(code, message) } }
	}
	const start = "StartAutomationExecution"
	for name, tc := range map[string]struct {
		change func(*world)
		class  fault.Class
		says   string
	}{
		"account full": {
			code("CreateDocument", "DocumentLimitExceeded", "500"), fault.Refused, "delete some that nobody uses",
		},
		"altered after the plan": {
			func(w *world) { w.books["Salve-CloseShop"] = []version{{"", "mainSteps: [bad]"}} }, fault.Refused, "is not Salve's",
		},
		"another version after the plan": {
			func(w *world) {
				w.books["Salve-CloseShop"] = []version{{"x", "a: b"}, {"y", "mainSteps: []\nschemaVersion: '0.3'"}}
			}, fault.Drifted, "the plan is for version 1",
		},
		"not ready yet":     {func(w *world) { w.status = types.DocumentStatusCreating }, fault.Retry, "still taking in"},
		"may not publish":   {code("CreateDocument", "AccessDeniedException", "no"), fault.Denied, ""},
		"too many at once":  {code(start, "AutomationExecutionLimitExceededException", "100"), fault.Retry, ""},
		"too fast":          {code(start, "ThrottlingException", "Rate exceeded"), fault.Retry, ""},
		"gone in between":   {code(start, "AutomationDefinitionNotFoundException", "x"), fault.Drifted, ""},
		"version gone":      {code(start, "AutomationDefinitionVersionNotFoundException", "x"), fault.Drifted, ""},
		"wrong parameters":  {code(start, "InvalidAutomationExecutionParametersException", "Shop: bad"), fault.Invalid, ""},
		"token used before": {code(start, "IdempotentParameterMismatch", "x"), fault.Invalid, ""},
		"role not entered": {
			code(start, "InvalidAutomationExecutionParametersException", "The defined assume role is unable to be assumed."),
			fault.Denied, "cannot enter role " + role,
		},
		"role not passed": {
			code(start, "AccessDeniedException", "not authorized to perform: iam:PassRole"), fault.Denied, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, is := newWorld(), &shut{}
			c := kind(is).Control(info())
			p := must(c.Plan(t.Context(), w.env("r1")))(t)
			tc.change(w)
			_, err := c.Start(t.Context(), w.env("r1"), p)
			if fault.Of(err) != tc.class || !strings.Contains(err.Error(), tc.says) || len(w.started) > 0 {
				t.Errorf("want %s that says %q, got %v; %d starts", tc.class, tc.says, err, len(w.started))
			}
		})
	}
}

// TestFullOfVersions says which document to clean up.
func TestFullOfVersions(t *testing.T) {
	w, is := newWorld(), &shut{}
	c := kind(is).Control(info())
	must(c.Start(t.Context(), w.env("r1"), must(c.Plan(t.Context(), w.env("r1")))(t)))(t)
	newer := kind(is)
	newer.Do.Content += "description: better\n"
	n := newer.Control(info())
	p := must(n.Plan(t.Context(), w.env("r2")))(t)
	w.before["UpdateDocument"] = func() error { return refused("DocumentVersionLimitExceeded", "1000") }
	if _, err := n.Start(t.Context(), w.env("r2"), p); fault.Of(err) != fault.Refused ||
		!strings.Contains(err.Error(), "delete old ones") {
		t.Errorf("got %v", err)
	}
}

// TestPublishedMeanwhile: two runs use a document for the first time at once.
func TestPublishedMeanwhile(t *testing.T) {
	w, is := newWorld(), &shut{}
	k := kind(is)
	c := k.Control(info())
	p := must(c.Plan(t.Context(), w.env("r1")))(t)
	w.before["CreateDocument"] = func() error {
		other := must(c.Plan(t.Context(), w.env("r2")))(t)
		must(c.Start(t.Context(), w.env("r2"), other))(t)
		return nil
	}
	must(c.Start(t.Context(), w.env("r1"), p))(t)
	if len(w.started) != 2 || len(w.books[k.Do.Name]) != 1 {
		t.Errorf("%d starts of %d versions", len(w.started), len(w.books[k.Do.Name]))
	}
}

// TestWhole: a runbook that lacks a part has no mechanism, and no registry takes it.
func TestWhole(t *testing.T) {
	is := &shut{}
	if _, err := control.NewRegistry(nil, kind(is).Control(info())); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*runbook.Runbook[shut]){
		"no read":      func(r *runbook.Runbook[shut]) { r.Read = nil },
		"no want":      func(r *runbook.Runbook[shut]) { r.Want = nil },
		"no document":  func(r *runbook.Runbook[shut]) { r.Do = runbook.Document{} },
		"AWS's name":   func(r *runbook.Runbook[shut]) { r.Do.Name = "AWS-CloseShop" },
		"no way back":  func(r *runbook.Runbook[shut]) { r.Undo = runbook.Document{} },
		"half an undo": func(r *runbook.Runbook[shut]) { r.Undo.Content = "" },
		"no family":    func(r *runbook.Runbook[shut]) { r.Family = "" },
	} {
		k := kind(is)
		change(&k)
		if _, err := control.NewRegistry(nil, k.Control(info())); err == nil {
			t.Errorf("%s: taken into a registry", name)
		}
	}
}

// TestFamiliesThatDecideRights: that a person starts what decides who may do what follows from the family's rights.
func TestFamiliesThatDecideRights(t *testing.T) {
	for family, want := range map[string]bool{"principals": true, "closing": false, "shops": false} {
		r := kind(&shut{})
		r.Family = family
		if got := r.Control(info()).Identities; got != want {
			t.Errorf("%s: %v", family, got)
		}
	}
}

// TestLimitsOfAFamilyRole: a run that is about the role of another family cannot pass it on.
func TestLimitsOfAFamilyRole(t *testing.T) {
	i := info()
	i.Pattern = regexp.MustCompile(`^(arn:aws:iam::.*)$`)
	about := newWorld().env("r1").Target
	about.Resource = "arn:aws:iam::222222222222:role/salve/automation/salve-other"
	if got := must(kind(&shut{}).Control(i).Limits(about, nil))(t); slices.Contains(got, about.Resource) {
		t.Errorf("its session reaches %q", got)
	}
}

// TestLimits: a session reaches the runbooks of its control and the role of its family alone.
func TestLimits(t *testing.T) {
	c := kind(&shut{}).Control(info())
	want := []string{
		"arn:aws:s3:::logs", role, "arn:aws:ssm:eu-west-1:222222222222:automation-execution/*",
		"arn:aws:ssm:eu-west-1:222222222222:document/Salve-CloseShop",
		"arn:aws:ssm:eu-west-1:222222222222:automation-definition/Salve-CloseShop:*",
		"arn:aws:ssm:eu-west-1:222222222222:document/Salve-OpenShop",
		"arn:aws:ssm:eu-west-1:222222222222:automation-definition/Salve-OpenShop:*",
	}
	got := must(c.Limits(newWorld().env("r1").Target, nil))(t)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestReadyIsNotLookedAtAgain: what a plan saw ready is started by one call; who takes up a stored plan looks again.
func TestReadyIsNotLookedAtAgain(t *testing.T) {
	w, is := newWorld(), &shut{}
	c := kind(is).Control(info())
	must(c.Start(t.Context(), w.env("r1"), must(c.Plan(t.Context(), w.env("r1")))(t)))(t)
	p := must(c.Plan(t.Context(), w.env("r2")))(t)
	stored := must(json.Marshal(p))(t)
	w.calls = nil
	must(c.Start(t.Context(), w.env("r2"), p))(t)
	if d := cmp.Diff([]string{"StartAutomationExecution"}, w.calls); d != "" {
		t.Error(d)
	}
	var taken control.Plan
	if err := json.Unmarshal(stored, &taken); err != nil {
		t.Fatal(err)
	}
	taken = must(c.Continue(t.Context(), w.env("r2"), taken))(t)
	w.calls = nil
	must(c.Start(t.Context(), w.env("r2"), taken))(t)
	if d := cmp.Diff([]string{"GetDocument", "StartAutomationExecution"}, w.calls); d != "" {
		t.Error(d)
	}
}
