package labtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/runbook"
)

// byRunbook is Store.3 as a control that a runbook carries out.
func byRunbook(t *testing.T) control.Registry {
	t.Helper()
	declared := info("Store.3", "PublicAccessBlock")
	declared.Actions = declared.Actions[:1]
	declared.Settle = control.Settle{Typical: time.Minute, Within: time.Hour}
	return registryOf(t, runbook.Runbook[guard]{
		Read: readGuard, Want: closed, Family: "closing",
		Do: runbook.Named("Salve-CloseBucket"), Undo: runbook.Named("Salve-ReopenBucket"),
		Parameters: func(env control.Env, _, _ guard) (map[string][]string, error) {
			out := map[string][]string{"BucketName": {env.Name}}
			if env.Undo {
				out["Before"] = []string{"none"}
			}
			return out, nil
		},
	}.Control(declared))
}

// starting starts a process whose Store.3 is byRunbook.
func (w *world) starting(t *testing.T, hooks ...hook) *process {
	t.Helper()
	p := w.start(t, hooks...)
	p.Controls = byRunbook(t)
	return p
}

// executions are those of a runbook on a bucket, the last one first.
func (w *world) executions(t *testing.T, document, bucket string) []ssmtypes.AutomationExecution {
	t.Helper()
	client := ssm.NewFromConfig(w.Root(w.member))
	all, err := client.DescribeAutomationExecutions(t.Context(), &ssm.DescribeAutomationExecutionsInput{})
	if err != nil {
		t.Fatal(err)
	}
	var out []ssmtypes.AutomationExecution
	for _, one := range all.AutomationExecutionMetadataList {
		got, err := client.GetAutomationExecution(t.Context(), &ssm.GetAutomationExecutionInput{
			AutomationExecutionId: one.AutomationExecutionId,
		})
		if err != nil {
			t.Fatal(err)
		}
		e := *got.AutomationExecution
		if aws.ToString(e.DocumentName) == document && strings.Join(e.Parameters["BucketName"], "") == bucket {
			out = append(out, e)
		}
	}
	return out
}

// over waits for the end of all executions of a runbook on a bucket, as many as there are.
func (w *world) over(t *testing.T, document, bucket string) (n int) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); ; <-tick.C {
		running := 0
		all := w.executions(t, document, bucket)
		for _, e := range all {
			if e.ExecutionEndTime == nil {
				running++
			}
		}
		if running == 0 {
			return len(all)
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d executions still run", running, len(all))
		}
	}
}

// pause gives the account another start: AWS takes one a second.
func (w *world) pause(t *testing.T) {
	t.Helper()
	if err := w.Advance(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
}

// TestRunbook: from a reported finding to the proven fix and back, by two runbooks that run with the rights of the
// deployed roles.
func TestRunbook(t *testing.T) {
	w := newWorld(t)
	w.pause(t)
	b := w.bucket(t, nil)
	id := w.report(t, w.spec(b))
	p := w.starting(t)
	p.handle(t, w.imported(t, id))
	if r := w.only(t); r.State != run.StateParked || r.Execution == nil {
		t.Fatalf("run is %s (%s)", r.State, r.Reason)
	}
	w.over(t, "Salve-CloseBucket", b)
	w.clock.Move(time.Minute)
	p.handle(t, enginetest.Sweep())
	r := w.ended(t, run.StatusVerified)
	w.says(t, id, hubtypes.WorkflowStatusResolved)
	var steps []string
	for _, s := range r.Execution.Steps {
		steps = append(steps, s.Name+" "+s.Action+" "+s.Status)
		if s.Began.IsZero() || s.Ended.IsZero() {
			t.Errorf("step %s from %s to %s", s.Name, s.Began, s.Ended)
		}
	}
	if d := cmp.Diff(closeSteps(), steps); d != "" || r.Execution.Status != "Success" {
		t.Errorf("execution %+v\n%s", r.Execution, d)
	}

	w.pause(t)
	w.clock.Move(time.Minute)
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.State != run.StateParked {
		t.Fatalf("%+v, %v", undo, err)
	}
	w.over(t, "Salve-ReopenBucket", b)
	w.clock.Move(time.Minute)
	p.handle(t, enginetest.Sweep())
	if w.flags(t, b) != nil {
		t.Error("the bucket has a block that it never had")
	}
	w.says(t, id, hubtypes.WorkflowStatusNew)
}

// TestRunbookCrash kills a process around every call to SSM, and around the call that follows the start: whoever comes
// next finishes the run, and the runbook ran once.
func TestRunbookCrash(t *testing.T) {
	for _, at := range []string{
		"CreateDocument", "StartAutomationExecution", "after the start", "GetAutomationExecution",
	} {
		for _, done := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, done %v", at, done), func(t *testing.T) { runbookCrash(t, at, done) })
		}
	}
}

// unpublish takes a runbook away, so that the next run is the first that uses it.
func (w *world) unpublish(t *testing.T, name string) {
	t.Helper()
	_, err := ssm.NewFromConfig(w.Root(w.member)).DeleteDocument(t.Context(), &ssm.DeleteDocumentInput{Name: &name})
	if err != nil && !fault.Unpublished(err) {
		t.Fatal(err)
	}
}

// dyingAt ends a process at an operation: before it, or when it is done.
func dyingAt(at string, done bool, dead *bool) hook {
	started := false
	return func(ctx context.Context, c call, do func(context.Context) error) error {
		switch {
		case *dead:
			return enginetest.ErrDead
		case c.operation == at, at == "after the start" && started:
			if done {
				_ = do(ctx)
			}
			*dead = true
			return enginetest.ErrDead
		}
		started = started || c.operation == "StartAutomationExecution"
		return do(ctx)
	}
}

func runbookCrash(t *testing.T, at string, done bool) {
	w := newWorld(t)
	w.pause(t)
	if at == "CreateDocument" { // else it is there already
		w.unpublish(t, "Salve-CloseBucket")
	}
	b := w.bucket(t, nil)
	id := w.report(t, w.spec(b))
	m := w.imported(t, id)
	dead := false
	dying := dyingAt(at, done, &dead)
	first := w.starting(t, dying)
	first.Handle(t.Context(), []engine.Message{m})
	if at == "GetAutomationExecution" {
		w.over(t, "Salve-CloseBucket", b)
		w.clock.Move(time.Minute)
		first.Handle(t.Context(), []engine.Message{enginetest.Sweep()})
	}
	if !dead {
		t.Fatal("the process outlived it")
	}
	w.pause(t)
	next := w.starting(t)
	for range 3 { // at once: what was started may still be at work, and only its token tells that it was
		w.clock.Move(enginetest.Later)
		next.handle(t, enginetest.Sweep())
		w.over(t, "Salve-CloseBucket", b)
	}
	w.ended(t, run.StatusVerified)
	w.says(t, id, hubtypes.WorkflowStatusResolved)
	if n := w.over(t, "Salve-CloseBucket", b); n != 1 || !w.blocked(t, b) {
		t.Errorf("%d executions, blocked %v", n, w.blocked(t, b))
	}
}

// TestTheSessionOfARunbookIsNarrow: who has it can start the control's own runbooks as the role of their family, and
// nothing else.
func TestTheSessionOfARunbookIsNarrow(t *testing.T) {
	w := newWorld(t)
	w.pause(t)
	s := &sessions{}
	b := w.bucket(t, nil)
	w.starting(t, s.keep).handle(t, w.imported(t, w.report(t, w.spec(b))))
	w.over(t, "Salve-CloseBucket", b)
	if len(s.asked) != 1 {
		t.Fatalf("%d sessions", len(s.asked))
	}
	cfg := w.session(t, s.asked[0])
	client, roles := ssm.NewFromConfig(cfg), iam.NewFromConfig(cfg)
	role := "arn:aws:iam::" + w.member + ":role/salve/automation/salve-"
	content, other := "schemaVersion: '0.3'", "Salve-Other"
	start := func(document, role string) error {
		_, err := client.StartAutomationExecution(t.Context(), &ssm.StartAutomationExecutionInput{
			DocumentName: &document, Parameters: map[string][]string{"AutomationAssumeRole": {role}, "BucketName": {b}},
		})
		return err
	}
	if err := start("Salve-CloseBucket", role+"closing"); err != nil && fault.Of(err) != fault.Retry {
		t.Errorf("its own runbook: %v", err)
	}
	_, create := client.CreateDocument(t.Context(), &ssm.CreateDocumentInput{Name: &other, Content: &content})
	_, trust := roles.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{
		RoleName: aws.String("salve-closing"), PolicyDocument: aws.String("{}"),
	})
	_, command := client.SendCommand(t.Context(), &ssm.SendCommandInput{DocumentName: aws.String("AWS-RunShellScript")})
	for name, err := range map[string]error{
		"as another family": start("Salve-CloseBucket", role+"other"),
		"as Salve":          start("Salve-CloseBucket", "arn:aws:iam::"+w.member+":role/salve-remediation"),
		"another runbook":   start("Salve-IsolateInstance", role+"closing"),
		"Amazon's":          start("AWS-RestartEC2Instance", role+"closing"),
		"publish another":   create, "change the role": trust, "a command": command,
	} {
		if fault.Of(err) != fault.Denied {
			t.Errorf("%s: %v, want a denial", name, err)
		}
	}
}

// closeSteps are what Salve-CloseBucket does.
func closeSteps() []string {
	return []string{
		"Remember aws:executeScript Success", "Close aws:executeAwsApi Success", "Prove aws:executeScript Success",
	}
}
