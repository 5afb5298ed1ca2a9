package ssmdocuments

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/names"
)

type m = map[string]any

// world is a member account of the emptied lab.
type world struct {
	*testing.T
	lab     *lab.Lab
	patch   *patchManager
	account string
}

func newWorld(t *testing.T) world {
	t.Helper()
	if err := shared.open(); err != nil {
		t.Fatal(err)
	}
	if err := shared.lab.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	return world{T: t, lab: shared.lab, patch: shared.patch, account: shared.lab.Members()[0]}
}

// try makes a call as the account's root.
func (w world) try(service, operation string, input any) told {
	w.Helper()
	out, err := shared.call(w.account, service, operation, input)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// do makes a call that has to succeed.
func (w world) do(service, operation string, input any) any {
	w.Helper()
	out := w.try(service, operation, input)
	if out.Error != "" {
		w.Fatalf("%s.%s: %s", service, operation, out.Message)
	}
	return out.Answer
}

// at follows a path such as Images.0.State through an answer; nil where it leads nowhere.
func at(answer any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		switch one := answer.(type) {
		case map[string]any:
			answer = one[part]
		case []any:
			var n int
			if _, err := fmt.Sscanf(part, "%d", &n); err != nil || n >= len(one) {
				return nil
			}
			answer = one[n]
		default:
			return nil
		}
	}
	return answer
}

// text is a text in an answer.
func text(answer any, path string) string {
	if found := at(answer, path); found != nil {
		return fmt.Sprint(found)
	}
	return ""
}

// count is how many a list in an answer has.
func count(answer any, path string) int {
	list, _ := at(answer, path).([]any)
	return len(list)
}

// document returns a runbook by its name.
func document(t *testing.T, name string) Document {
	t.Helper()
	for _, d := range all(t) {
		if d.Name == name {
			return d
		}
	}
	t.Fatalf("there is no runbook %s", name)
	return Document{}
}

func all(t *testing.T) []Document {
	t.Helper()
	documents, err := Documents()
	if err != nil {
		t.Fatal(err)
	}
	return documents
}

// trust is what the role of a family should trust: its own account's automations alone.
const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ssm.amazonaws.com"},
	"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"%[1]s"},
	"ArnLike":{"aws:SourceArn":"arn:aws:ssm:*:%[1]s:automation-execution/*"}}}]}`

// without is the permissions without one action.
func without(permissions []Permission, action string) []Permission {
	var out []Permission
	for _, p := range permissions {
		var actions []string
		for _, one := range p.Actions {
			if one != action || p.Effect == "Deny" {
				actions = append(actions, one)
			}
		}
		if p.Actions = actions; len(actions) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// asked are the actions that a family's role has called so far.
func (w world) asked(family string) map[string]bool {
	out := map[string]bool{}
	for _, call := range w.lab.Calls(0) {
		if strings.Contains(call.Principal, ":assumed-role/salve-"+family+"/") {
			out[call.Action] = true
		}
	}
	return out
}

// start publishes a runbook and starts it under a role that has these permissions and no others.
func (w world) start(d Document, permissions []Permission, parameters map[string][]string) string {
	w.Helper()
	policy, err := Policy(permissions).JSON()
	if err != nil {
		w.Fatal(err)
	}
	policy = strings.NewReplacer("${AWS::Partition}", "aws", "${AWS::AccountId}", w.account).Replace(policy)
	name := names.RunbookRolePrefix + d.Family
	role := w.do("iam", "create_role", m{
		"Path": names.RunbookRoles, "RoleName": name, "AssumeRolePolicyDocument": fmt.Sprintf(trust, w.account),
	})
	w.do("iam", "put_role_policy", m{"RoleName": name, "PolicyName": "runbooks", "PolicyDocument": policy})
	return w.startAs(d, text(role, "Role.Arn"), parameters)
}

func (w world) startAs(d Document, role string, parameters map[string][]string) string {
	w.Helper()
	w.do("ssm", "create_document", m{
		"Name": d.Name, "DocumentType": "Automation", "DocumentFormat": "YAML", "Content": d.Content,
	})
	given := map[string][]string{"AutomationAssumeRole": {role}}
	for name, values := range parameters {
		given[name] = values
	}
	w.advance(time.Second) // AWS takes one start a second
	started := w.do("ssm", "start_automation_execution", m{"DocumentName": d.Name, "Parameters": given})
	return text(started, "AutomationExecutionId")
}

func (w world) advance(by time.Duration) {
	w.Helper()
	if err := w.lab.Advance(w.Context(), by); err != nil {
		w.Fatal(err)
	}
}

// fault makes calls fail that only a runbook makes.
func (w world) fault(f lab.Fault) {
	w.Helper()
	if err := w.lab.Inject(f); err != nil {
		w.Fatal(err)
	}
}

// patience is how long an execution may take in the lab; its scripts are processes of their own.
const patience = 2 * time.Minute

// until waits for an execution to come where it should.
func (w world) until(id string, there func(execution any) bool) any {
	w.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		e := at(w.do("ssm", "get_automation_execution", m{"AutomationExecutionId": id}), "AutomationExecution")
		if there(e) {
			return e
		}
		if time.Now().After(end) {
			w.Fatalf("the execution stands at %s", steps(e))
		}
	}
}

func ended(e any) bool { return text(e, "ExecutionEndTime") != "" }

// run carries a runbook out with exactly what it declares.
func (w world) run(d Document, parameters map[string][]string) any {
	w.Helper()
	return w.until(w.start(d, d.Permissions, parameters), ended)
}

// steps are the steps of an execution with their statuses, and why it failed.
func steps(e any) string {
	var said []string
	list, _ := at(e, "StepExecutions").([]any)
	for _, one := range list {
		if status := text(one, "StepStatus"); status != "Pending" {
			said = append(said, text(one, "StepName")+" "+status)
		}
		if why := text(one, "FailureMessage"); why != "" {
			said = append(said, "("+why+")")
		}
	}
	return strings.Join(said, ", ")
}

// output is an output of an execution.
func output(e any, name string) []string {
	outputs, _ := at(e, "Outputs").(map[string]any)
	list, _ := outputs[name].([]any)
	var out []string
	for _, one := range list {
		out = append(out, fmt.Sprint(one))
	}
	return out
}
