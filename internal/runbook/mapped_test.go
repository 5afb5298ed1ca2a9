package runbook_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/runbook"
)

const acme = `schemaVersion: "0.3"
assumeRole: "{{ AutomationAssumeRole }}"
parameters:
  AutomationAssumeRole: {type: "AWS::IAM::Role::Arn"}
  Bucket: {type: String, allowedPattern: "[a-z]+"}
  Mode: {type: String, default: soft, allowedValues: [soft, hard]}
  Tags: {type: StringList, default: []}
mainSteps: []
`

const closer = "arn:aws:iam::222222222222:role/salve/user/closer"

// hashed is the hash of a content, as salve runbooks show prints it.
func hashed(content string) string { return runbook.Document{Content: content}.Hash() }

func mapping(change func(*control.Mapping)) control.Mapping {
	m := control.Mapping{
		Document: "Acme-Close", Content: hashed(acme), Role: "closer",
		Resource:   `arn:aws:s3:::(?P<bucket>[a-z]+)`,
		Parameters: map[string]control.Values{"Bucket": {"{{ resource.bucket }}"}},
		Proof:      &control.Proof{Output: "Prove.Closed", Equals: "true"},
	}
	if change != nil {
		change(&m)
	}
	return m
}

func listing() control.Listing {
	return control.Listing{ID: "S3.77", Title: "Buckets are closed", Severity: control.SeverityHigh}
}

// unread is the control of a mapping without a playbook of Salve's.
func unread(t *testing.T, m control.Mapping) control.Control {
	t.Helper()
	return must(runbook.Mapped(nil, listing(), m))(t)
}

func mappedWorld(content string) *world {
	w := newWorld()
	w.books["Acme-Close"] = []version{{"", "schemaVersion: '0.3'\n"}, {"", content}}
	return w
}

// TestMappedWithoutAPlaybook: the default version is pinned, the role is the customer's, and the plan is one way.
func TestMappedWithoutAPlaybook(t *testing.T) {
	w := mappedWorld(acme)
	c := unread(t, mapping(nil))
	p := must(c.Plan(t.Context(), w.env("r1")))(t)
	want := &control.Runbook{
		Document: "Acme-Close", Version: "2", Content: hashed(acme),
		Parameters: map[string][]string{"Bucket": {"logs"}, "AutomationAssumeRole": {closer}},
	}
	if d := cmp.Diff(want, p.Runbook); d != "" || !p.OneWay() || len(w.started) > 0 {
		t.Errorf("one way %v, started %d (-want +got):\n%s", p.OneWay(), len(w.started), d)
	}
	must(c.Start(t.Context(), w.env("r1"), p))(t)
	if in := w.started[0]; aws.ToString(in.DocumentVersion) != "2" {
		t.Errorf("started version %s", aws.ToString(in.DocumentVersion))
	}
	limits := must(c.Limits(w.env("").Target, nil))(t)
	if d := cmp.Diff([]string{
		closer, "arn:aws:ssm:eu-west-1:222222222222:automation-execution/*",
		"arn:aws:ssm:eu-west-1:222222222222:document/Acme-Close",
		"arn:aws:ssm:eu-west-1:222222222222:automation-definition/Acme-Close:*",
	}, limits); d != "" {
		t.Errorf("limits (-want +got):\n%s", d)
	}
	if slices.Contains(c.Actions, "ssm:CreateDocument") || !slices.Contains(c.Actions, "ssm:StartAutomationExecution") {
		t.Errorf("actions %v", c.Actions)
	}
}

// TestMappedPlaybook: what reads and wants is the playbook's, and its parameters and rights to write are not needed.
func TestMappedPlaybook(t *testing.T) {
	w, is := mappedWorld(acme), &shut{}
	own := kind(is).Control(info())
	m := mapping(func(m *control.Mapping) {
		m.Resource, m.Proof = "", nil
		m.Parameters = map[string]control.Values{"Bucket": {"{{ name }}"}, "Tags": {"a", "b"}}
		m.Typical, m.Within = "2m", "30m"
	})
	c := must(runbook.Mapped(&own, control.Listing{}, m))(t)
	p := must(c.Plan(t.Context(), w.env("r1")))(t)
	if p.OneWay() || len(p.Changes) != 1 || p.Runbook.Document != "Acme-Close" {
		t.Errorf("plan %+v", p)
	}
	if d := cmp.Diff(control.Settle{Typical: 2 * time.Minute, Within: 30 * time.Minute}, c.Settle); d != "" {
		t.Error(d)
	}
	if !strings.HasPrefix(c.Effect, own.Effect) || !strings.Contains(c.Effect, "Acme-Close") {
		t.Errorf("effect %q", c.Effect)
	}
	is.Shut = true
	if p := must(c.Plan(t.Context(), w.env("r1")))(t); !p.Empty() {
		t.Errorf("what is met is to be changed: %+v", p)
	}
}

// refusal is a runbook that must not be started, and what people read.
type refusal struct {
	content string
	change  func(*control.Mapping)
	world   func(*world)
	says    string
}

func refusals() map[string]refusal {
	return map[string]refusal{
		"no document": {acme, func(m *control.Mapping) { m.Document = "Acme-Open" }, nil, "there is no runbook Acme-Open"},
		"a command": {
			acme, nil, func(w *world) { w.kind = types.DocumentTypeCommand }, "is no runbook of SSM Automation",
		},
		"another owner": {
			acme, nil, func(w *world) { w.owner = "444444444444" }, "belongs to 444444444444 and not to 222222222222",
		},
		"not of AWS": {
			acme, func(m *control.Mapping) { m.Document = "AWS-Close" },
			func(w *world) { w.books["AWS-Close"] = w.books["Acme-Close"] }, "belongs to 222222222222 and not to Amazon",
		},
		"changed": {acme + "# more\ndescription: x\n", nil, nil, "salve runbooks show Acme-Close --account "},
		"no role": {
			strings.Replace(acme, "assumeRole:", "description:", 1), trusting, nil,
			"has no assumeRole: it would run with the rights of Salve",
		},
		"a role of its own": {
			strings.Replace(acme, `"{{ AutomationAssumeRole }}"`, "arn:aws:iam::222222222222:role/admin", 1), trusting, nil,
			"runs as arn:aws:iam::222222222222:role/admin, and may only run as " + closer,
		},
		"the role is given": {
			acme, func(m *control.Mapping) { m.Parameters["AutomationAssumeRole"] = control.Values{"x"} }, nil,
			"which the configuration must not give",
		},
		"an unknown parameter": {
			acme, func(m *control.Mapping) { m.Parameters["Colour"] = control.Values{"red"} }, nil, "has no parameter Colour",
		},
		"a parameter too few": {
			acme, func(m *control.Mapping) { m.Parameters = map[string]control.Values{"Tags": {"{{ resource }}"}} }, nil,
			"needs parameter Bucket",
		},
		"a pattern": {
			acme, func(m *control.Mapping) { m.Parameters["Bucket"] = control.Values{"{{ resource }}"} }, nil,
			`does not take "arn:aws:s3:::logs" as parameter Bucket: its pattern is [a-z]+`,
		},
		"a value": {
			acme, func(m *control.Mapping) { m.Parameters["Mode"] = control.Values{"gentle"} }, nil,
			`does not take "gentle" as parameter Mode: only [soft hard]`,
		},
		"two for one": {
			acme, func(m *control.Mapping) { m.Parameters["Mode"] = control.Values{"soft", "hard"} }, nil,
			"takes one value of parameter Mode, not 2",
		},
		"another resource": {
			acme, func(m *control.Mapping) { m.Resource = `arn:aws:s3:::(?P<bucket>data-[a-z]+)` }, nil, "is not what control",
		},
		"no YAML": {"parameters: [", trusting, nil, "cannot be read"},
	}
}

// TestMappedIsRefused: nothing is started that the configuration does not mean, and the answer says what it is.
func TestMappedIsRefused(t *testing.T) {
	for name, tc := range refusals() {
		t.Run(name, func(t *testing.T) {
			w := mappedWorld(tc.content)
			if tc.world != nil {
				tc.world(w)
			}
			_, err := unread(t, mapping(tc.change)).Plan(t.Context(), w.env("r1"))
			if class := fault.Of(err); err == nil || !strings.Contains(err.Error(), tc.says) ||
				class != fault.Refused && class != fault.Invalid {
				t.Errorf("%v (%s), want refused: %s", err, class, tc.says)
			}
		})
	}
}

// trusting takes the runbook whatever its content is.
func trusting(m *control.Mapping) { m.WhenChanged = control.WhenChangedRun }

// TestMappedChangesBeforeTheStart: another default version, or another content, is not what was planned.
func TestMappedChangesBeforeTheStart(t *testing.T) {
	w := mappedWorld(acme)
	c := unread(t, mapping(trusting))
	p := must(c.Plan(t.Context(), w.env("r1")))(t)
	w.books["Acme-Close"] = append(w.books["Acme-Close"], version{"", acme + "description: x\n"})
	if _, err := c.Start(t.Context(), w.env("r1"), p); fault.Of(err) != fault.Drifted || len(w.started) > 0 {
		t.Errorf("%v, %d starts", err, len(w.started))
	}
	if again := must(c.Plan(t.Context(), w.env("r1")))(t); again.Hash == p.Hash {
		t.Error("another runbook is the same plan")
	}
}

// TestMappedRoleIsMissing: who reads it learns which role to make.
func TestMappedRoleIsMissing(t *testing.T) {
	w := mappedWorld(acme)
	c := unread(t, mapping(nil))
	p := must(c.Plan(t.Context(), w.env("r1")))(t)
	w.before["StartAutomationExecution"] = func() error {
		return refused("InvalidAutomationExecutionParametersException", "The defined assume role is unable to be assumed.")
	}
	_, err := c.Start(t.Context(), w.env("r1"), p)
	if fault.Of(err) != fault.Denied || !strings.Contains(err.Error(), closer+", which runbook Acme-Close runs as: make") {
		t.Errorf("%v", err)
	}
}

// TestProof: only the output that the configuration names, of a step that went well, in a runbook that went well.
func TestProof(t *testing.T) {
	step := func(name, value string, status types.AutomationExecutionStatus) types.StepExecution {
		return types.StepExecution{
			StepName: &name, StepStatus: status, Outputs: map[string][]string{"Closed": {value}},
		}
	}
	const well, failed = types.AutomationExecutionStatusSuccess, types.AutomationExecutionStatusFailed
	for name, tc := range map[string]struct {
		status types.AutomationExecutionStatus
		steps  []types.StepExecution
		want   bool
	}{
		"proves":             {well, []types.StepExecution{step("Close", "x", well), step("Prove", "true", well)}, true},
		"says otherwise":     {well, []types.StepExecution{step("Prove", "false", well)}, false},
		"another step":       {well, []types.StepExecution{step("Close", "true", well)}, false},
		"a step that failed": {well, []types.StepExecution{step("Prove", "true", failed)}, false},
		"not over":           {"InProgress", []types.StepExecution{step("Prove", "true", well)}, false},
		"it failed":          {failed, []types.StepExecution{step("Prove", "true", well)}, false},
		"nothing":            {well, nil, false},
		"a loop, not all":    {well, []types.StepExecution{step("Prove", "true", well), step("Prove", "false", well)}, false},
		"a loop, all":        {well, []types.StepExecution{step("Prove", "true", well), step("Prove", "true", well)}, true},
		"a loop that failed": {
			well, []types.StepExecution{step("Prove", "true", well), step("Prove", "true", failed)}, false,
		},
		"stopped once": {
			well, []types.StepExecution{step("Prove", "true", "Cancelled"), step("Prove", "true", well)}, false,
		},
		"two values": {well, []types.StepExecution{func() types.StepExecution {
			two := step("Prove", "true", well)
			two.Outputs["Closed"] = []string{"true", "false"}
			return two
		}()}, false},
		"other letters": {well, []types.StepExecution{step("Prove", "True", well)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := mappedWorld(acme)
			w.says = types.AutomationExecution{AutomationExecutionStatus: tc.status, StepExecutions: tc.steps}
			p := must(unread(t, mapping(nil)).Progress(t.Context(), w.env("r1"), control.Execution{ID: "x"}))(t)
			if p.Proven != tc.want {
				t.Errorf("%+v", p)
			}
			w.says.StepExecutionsTruncated = true
			if p := must(unread(t, mapping(nil)).Progress(t.Context(), w.env("r1"), control.Execution{ID: "x"}))(t); p.Proven {
				t.Error("steps that nobody has seen prove it")
			}
		})
	}
}

// TestOwnersOfDocuments: AWS's belong to no account, and those that are shared to the one in their ARN.
func TestOwnersOfDocuments(t *testing.T) {
	for document, of := range map[string][2]string{
		"AWS-StopEC2Instance": {"Amazon", "arn:aws:ssm:eu-west-1::document/AWS-StopEC2Instance"},
		"arn:{{ partition }}:ssm:{{ region }}:444444444444:document/Acme": {
			"444444444444", "arn:aws:ssm:eu-west-1:444444444444:document/Acme",
		},
	} {
		w := mappedWorld(acme)
		name := strings.NewReplacer("{{ partition }}", "aws", "{{ region }}", "eu-west-1").Replace(document)
		w.owner, w.books[name] = of[0], w.books["Acme-Close"]
		c := unread(t, mapping(func(m *control.Mapping) { m.Document = document }))
		if p := must(c.Plan(t.Context(), w.env("r1")))(t); p.Runbook.Document != name {
			t.Errorf("plan %+v", p.Runbook)
		}
		if limits := must(c.Limits(w.env("").Target, nil))(t); !slices.Contains(limits, of[1]) {
			t.Errorf("limits %v lack %s", limits, of[1])
		}
	}
}
