package labtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/runbook"
	"github.com/salve-security/salve/internal/wire"
)

// closes is a runbook of a company, which closes a bucket and looks at it then.
const closes = `schemaVersion: "0.3"
assumeRole: "{{ AutomationAssumeRole }}"
parameters:
  AutomationAssumeRole: {type: "AWS::IAM::Role::Arn"}
  Bucket: {type: String, allowedPattern: "[a-z0-9.-]{3,63}"}
mainSteps:
  - name: Close
    action: aws:executeAwsApi
    inputs:
      Service: s3
      Api: PutPublicAccessBlock
      Bucket: "{{ Bucket }}"
      PublicAccessBlockConfiguration:
        {BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true}
  - name: Prove
    action: aws:executeAwsApi
    inputs: {Service: s3, Api: GetPublicAccessBlock, Bucket: "{{ Bucket }}"}
    outputs:
      - {Name: Closed, Selector: $.PublicAccessBlockConfiguration.RestrictPublicBuckets, Type: Boolean}
`

// closer is the name of the role that a customer has made for it.
const closer = "closer"

// customer makes the role in the member account.
func (w *world) customer(t *testing.T) {
	t.Helper()
	client := iam.NewFromConfig(w.Root(w.member))
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"Service":"ssm.amazonaws.com"},"Action":"sts:AssumeRole",
		"Condition":{"StringEquals":{"aws:SourceAccount":"%s"}}}]}`, w.member)
	_, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{
		Path: aws.String("/salve/user/"), RoleName: aws.String(closer), AssumeRolePolicyDocument: &trust,
	})
	if err != nil && !strings.Contains(err.Error(), "EntityAlreadyExists") {
		t.Fatal(err)
	}
	if _, err := client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String(closer), PolicyName: aws.String("closes"), PolicyDocument: aws.String(`{"Version":"2012-10-17",
			"Statement":[{"Effect":"Allow","Action":["s3:GetBucketPublicAccessBlock","s3:PutBucketPublicAccessBlock"],
			"Resource":"arn:aws:s3:::*"}]}`),
	}); err != nil {
		t.Fatal(err)
	}
}

// publishes puts the company's runbook into the member account.
func (w *world) publishes(t *testing.T, name string) {
	t.Helper()
	_, err := ssm.NewFromConfig(w.Root(w.member)).CreateDocument(t.Context(), &ssm.CreateDocumentInput{
		Name: &name, Content: aws.String(closes), DocumentType: ssmtypes.DocumentTypeAutomation,
		DocumentFormat: ssmtypes.DocumentFormatYaml,
	})
	if err != nil && !fault.Published(err) {
		t.Fatal(err)
	}
}

// mappedTo is the runbook of a document for buckets, as the configuration has it.
func mappedTo(document string) *control.Mapping {
	return &control.Mapping{
		Document: document, Content: runbook.Document{Content: closes}.Hash(), Role: closer,
		Resource:   `arn:aws:s3:::(?P<bucket>[a-z0-9.-]{3,63})`,
		Parameters: map[string]control.Values{"Bucket": {"{{ resource.bucket }}"}},
		NoWayBack:  control.NoWayBackAccepted,
	}
}

// maps starts a process whose configuration maps a control in automatic mode.
func (w *world) maps(t *testing.T, id string, m *control.Mapping, hooks ...hook) *process {
	t.Helper()
	w.customer(t)
	w.pause(t)
	w.config.Controls[id] = gate.Rule{Mode: gate.Auto, Runbook: m}
	p := w.start(t, hooks...)
	p.Map = wire.Known{Controls: registry(t), Listing: func(id string) (control.Listing, bool) {
		return control.Listing{ID: id, Title: "Buckets should be closed", Severity: control.SeverityHigh}, true
	}}.Mapped
	return p
}

// unread is a finding of a control that no playbook reads.
func (w *world) unread(t *testing.T, bucket string) string {
	t.Helper()
	spec := w.spec(bucket)
	spec.Control = "Store.9"
	return w.report(t, spec)
}

// ran lets the runbook come to its end, and Salve look.
func (w *world) ran(t *testing.T, p *process, document, bucket string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); ; <-tick.C {
		all := w.booked(t, document, bucket)
		if len(all) == 1 && all[0].ExecutionEndTime != nil {
			break
		}
		if time.Now().After(end) {
			for _, r := range w.runs(t) {
				t.Logf("run %s %s: %s", r.State, r.Status, r.Reason)
			}
			t.Fatalf("%d executions: %+v", len(all), all)
		}
	}
	w.clock.Move(2 * time.Minute)
	p.handle(t, enginetest.Sweep())
}

// booked are the executions of a document for a bucket.
func (w *world) booked(t *testing.T, document, bucket string) []ssmtypes.AutomationExecutionMetadata {
	t.Helper()
	all, err := ssm.NewFromConfig(w.Root(w.member)).DescribeAutomationExecutions(t.Context(),
		&ssm.DescribeAutomationExecutionsInput{})
	if err != nil {
		t.Fatal(err)
	}
	var out []ssmtypes.AutomationExecutionMetadata
	for _, one := range all.AutomationExecutionMetadataList {
		if aws.ToString(one.DocumentName) == document && w.about(t, one, bucket) {
			out = append(out, one)
		}
	}
	return out
}

func (w *world) about(t *testing.T, one ssmtypes.AutomationExecutionMetadata, bucket string) bool {
	t.Helper()
	got, err := ssm.NewFromConfig(w.Root(w.member)).GetAutomationExecution(t.Context(),
		&ssm.GetAutomationExecutionInput{AutomationExecutionId: one.AutomationExecutionId})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(got.AutomationExecution.Parameters["Bucket"], "") == bucket
}

// TestMappedPlaybook: a runbook of the company takes the place of a write, with the rights of the role that the company
// has made, and Salve's own undo takes it back.
func TestMappedPlaybook(t *testing.T) {
	w := newWorld(t)
	w.publishes(t, "Acme-CloseBucket")
	b := w.bucket(t, nil)
	id := w.report(t, w.spec(b))
	p := w.maps(t, "Store.3", mappedTo("Acme-CloseBucket"))
	p.handle(t, w.imported(t, id))
	w.ran(t, p, "Acme-CloseBucket", b)
	r := w.ended(t, run.StatusVerified)
	if !w.blocked(t, b) || r.Plan.Runbook == nil || r.Plan.Runbook.Version != "1" {
		t.Errorf("run %+v", r.Plan)
	}
	w.says(t, id, hubtypes.WorkflowStatusResolved)
	w.clock.Move(time.Minute)
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone || w.flags(t, b) != nil {
		t.Errorf("undo %+v, %v", undo, err)
	}
}

// TestRunbookOfAWS is a stand-in that belongs to Amazon. Its output proves what nothing of Salve's reads; where it has
// changed since somebody looked at it, it is told and not started.
func TestRunbookOfAWS(t *testing.T) {
	const document = "AWS-LabCloseBucket"
	m := mappedTo(document)
	m.Proof = &control.Proof{Output: "Prove.Closed", Equals: "true"}
	publish := func(t *testing.T, w *world, content, version string) {
		t.Helper()
		if err := w.PublishDocument(t.Context(), lab.ForeignDocument{
			Name: document, Version: version, Owner: "Amazon", Content: content,
		}); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("proves it", func(t *testing.T) {
		w := newWorld(t)
		publish(t, w, closes, "4")
		b := w.bucket(t, nil)
		id := w.unread(t, b)
		p := w.maps(t, "Store.9", m)
		p.handle(t, w.imported(t, id))
		w.ran(t, p, document, b)
		if r := w.ended(t, run.StatusVerified); r.Plan.Runbook.Version != "4" || !w.blocked(t, b) || r.Undoable() {
			t.Errorf("run %+v", r)
		}
		w.says(t, id, hubtypes.WorkflowStatusResolved)
	})
	t.Run("has changed", func(t *testing.T) {
		w := newWorld(t)
		publish(t, w, closes+"description: something else\n", "5")
		b := w.bucket(t, nil)
		id := w.unread(t, b)
		p := w.maps(t, "Store.9", m)
		p.handle(t, w.imported(t, id))
		w.ended(t, run.StatusRefused)
		w.shows(t, id, hubtypes.WorkflowStatusNotified, "salve runbooks show "+document+" --account ")
		if note := w.finding(t, id).Note; strings.Contains(aws.ToString(note.Text), "[hidden]") {
			t.Errorf("a note hides the hash that it is about: %s", *note.Text)
		}
		w.clock.Move(10 * time.Minute)
		p.handle(t, enginetest.Sweep())
		if told := p.told(); len(told) != 1 || told[0].Kind != notice.Refused || len(w.booked(t, document, b)) > 0 {
			t.Errorf("told %+v", told)
		}
	})
}

// TestTheRoleOfACustomerIsAllThatIsPassed: a session may start the one document of its mapping as the one role.
func TestTheRoleOfACustomerIsAllThatIsPassed(t *testing.T) {
	w := newWorld(t)
	w.publishes(t, "Acme-CloseBucket")
	s := &sessions{}
	b := w.bucket(t, nil)
	p := w.maps(t, "Store.9", mappedTo("Acme-CloseBucket"), s.keep)
	p.handle(t, w.imported(t, w.unread(t, b)))
	w.ran(t, p, "Acme-CloseBucket", b)
	client := ssm.NewFromConfig(w.session(t, s.asked[0]))
	start := func(document, role string) error {
		w.pause(t)
		_, err := client.StartAutomationExecution(t.Context(), &ssm.StartAutomationExecutionInput{
			DocumentName: &document, Parameters: map[string][]string{
				"AutomationAssumeRole": {"arn:aws:iam::" + w.member + ":role" + role}, "Bucket": {b},
			},
		})
		return err
	}
	if err := start("Acme-CloseBucket", "/salve/user/"+closer); err != nil {
		t.Errorf("its own: %v", err)
	}
	for name, err := range map[string]error{
		"another document": start("Salve-CloseBucket", "/salve/user/"+closer),
		"another role":     start("Acme-CloseBucket", "/salve/user/other"),
		"a family's":       start("Acme-CloseBucket", "/salve/automation/closing"),
		"Salve's":          start("Acme-CloseBucket", "/salve-remediation"),
	} {
		if fault.Of(err) != fault.Denied {
			t.Errorf("%s: %v, want a denial", name, err)
		}
	}
}

// unproven is a runbook of the company for what no playbook reads.
func unproven(s *story) {
	s.publishes(s.T, "Acme-CloseBucket")
	p := s.maps(s.T, "Store.9", mappedTo("Acme-CloseBucket"))
	s.p = p
	b := s.open("logs")
	spec := s.reported(b)
	spec.Control = "Store.9"
	s.last = s.report(s.T, spec)
	p.handle(s.T, s.imported(s.T, s.last))
	s.ran(s.T, p, "Acme-CloseBucket", b)
	s.digest()
}
