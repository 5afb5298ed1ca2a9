package lab

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
)

const nothing = `
- {name: One, action: "aws:sleep", inputs: {Duration: PT0S}}`

// refusedAs is the code of the error a call ends with.
func refusedAs(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(err)
}

// TestParametersAreHeld: an execution whose parameters break what the document says does not start.
func TestParametersAreHeld(t *testing.T) {
	o := open(t, everything)
	o.publish("Book", nothing)
	for name, parameters := range map[string]map[string][]string{
		"unknown":           {"Colour": {"red"}},
		"pattern":           {"Bucket": {"Shelf 1"}},
		"none of the list":  {"Days": {"8"}},
		"no number":         {"Days": {"many"}},
		"two values of one": {"Bucket": {"a", "b"}},
		"too many":          {"Names": {"a", "b", "c"}},
		"neither true":      {"Dry": {"perhaps"}},
		"no map":            {"Tags": {"a=b"}},
		"no maps":           {"Rules": {"[]"}},
	} {
		_, err := o.start("Book", parameters)
		if refusedAs(err) != "InvalidAutomationExecutionParametersException" {
			t.Errorf("%s: %v", name, err)
		}
	}
	id := got[string](t)(o.start("Book", map[string][]string{
		"Days": {"30"}, "Dry": {"true"}, "Tags": {`{"a":"b"}`}, "Rules": {`{"a":1}`, `{}`}, "Names": {"x", "y"},
	}))
	if e := o.ended(id); e.AutomationExecutionStatus != "Success" {
		t.Errorf("ended as %s", e.AutomationExecutionStatus)
	}
}

// TestWhatCannotStart: each refusal by AWS's code for it.
func TestWhatCannotStart(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		change   func(*ssm.StartAutomationExecutionInput)
		code     string
	}{
		"no such document": {runbook(nothing), func(in *ssm.StartAutomationExecutionInput) {
			in.DocumentName = aws.String("Other")
		}, "AutomationDefinitionNotFoundException"},
		"no such version": {runbook(nothing), func(in *ssm.StartAutomationExecutionInput) {
			in.DocumentVersion = aws.String("7")
		}, "AutomationDefinitionVersionNotFoundException"},
		"a role that does not trust SSM": {runbook(nothing), func(in *ssm.StartAutomationExecutionInput) {
			in.Parameters = map[string][]string{"AutomationAssumeRole": {"arn:aws:iam::222222222222:role/tester"}}
		}, "InvalidAutomationExecutionParametersException"},
		"a role that is not there": {runbook(nothing), func(in *ssm.StartAutomationExecutionInput) {
			in.Parameters = map[string][]string{"AutomationAssumeRole": {"arn:aws:iam::222222222222:role/nobody"}}
		}, "InvalidAutomationExecutionParametersException"},
		"no role": {
			strings.Replace(runbook(nothing), `assumeRole: "{{ AutomationAssumeRole }}"`, "", 1), nil,
			"InvalidAutomationExecutionParametersException",
		},
		"an action the lab lacks": {
			runbook(`- {name: One, action: "aws:runCommand", inputs: {}}`), nil,
			"InvalidAutomationExecutionParametersException",
		},
		"a step's field the lab lacks": {
			runbook(`- {name: One, action: "aws:sleep", preview: true, inputs: {Duration: PT0S}}`),
			nil, "InvalidAutomationExecutionParametersException",
		},
		"a token that is no UUID": {runbook(nothing), func(in *ssm.StartAutomationExecutionInput) {
			in.ClientToken = aws.String(strings.Repeat("x", 36))
		}, "ValidationException"},
		"another mode": {
			runbook(nothing), func(in *ssm.StartAutomationExecutionInput) { in.Mode = "Interactive" },
			"ValidationException",
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, everything)
			role(t, o.lab, o.account, everything, "")
			got[*ssm.CreateDocumentOutput](t)(o.ssm.CreateDocument(t.Context(), &ssm.CreateDocumentInput{
				Name: aws.String("Book"), DocumentType: "Automation", DocumentFormat: "YAML", Content: aws.String(c.document),
			}))
			in := &ssm.StartAutomationExecutionInput{
				DocumentName: aws.String("Book"), Parameters: map[string][]string{"AutomationAssumeRole": {o.role}},
			}
			if c.change != nil {
				c.change(in)
			}
			if _, err := o.ssm.StartAutomationExecution(t.Context(), in); refusedAs(err) != c.code {
				t.Errorf("want %s, got %v", c.code, err)
			}
		})
	}
}

// TestAStartNeedsThreeRights: on the document, on the execution, and to pass its role on to SSM and nobody else.
func TestAStartNeedsThreeRights(t *testing.T) {
	const pass = `{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::222222222222:role/salve/automation/*",
		"Condition":{"StringEquals":{"iam:PassedToService":"ssm.amazonaws.com"}}}`
	const start = `{"Effect":"Allow","Action":"ssm:StartAutomationExecution","Resource":[%s]}`
	const document, execution = `"arn:aws:ssm:*:*:document/Book"`, `"arn:aws:ssm:*:*:automation-execution/*"`
	policy := func(statements ...string) string {
		return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	}
	both := fmt.Sprintf(start, document+","+execution)
	for name, c := range map[string]struct{ policy, denied string }{
		"all of them":     {policy(both, pass), ""},
		"no document":     {policy(fmt.Sprintf(start, execution), pass), "ssm:StartAutomationExecution"},
		"no execution":    {policy(fmt.Sprintf(start, document), pass), "ssm:StartAutomationExecution"},
		"no role":         {policy(both), "iam:PassRole"},
		"another role":    {policy(both, strings.Replace(pass, "automation/*", "user/*", 1)), "iam:PassRole"},
		"another service": {policy(both, strings.Replace(pass, "ssm.amazonaws", "ec2.amazonaws", 1)), "iam:PassRole"},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, everything)
			o.publish("Book", nothing)
			o.ssm = ssm.NewFromConfig(role(t, o.lab, o.account, c.policy, ""))
			_, err := o.start("Book", nil)
			if c.denied == "" {
				must(t, err)
				return
			}
			if !strings.HasPrefix(refusedAs(err), "AccessDenied") || !strings.Contains(err.Error(), c.denied) {
				t.Errorf("want a denial of %s, got %v", c.denied, err)
			}
		})
	}
}

// TestARunbookMayDoWhatItsRoleMay: and no more, whoever started it.
func TestARunbookMayDoWhatItsRoleMay(t *testing.T) {
	o := open(t, allow("*", "s3:ListAllMyBuckets"))
	e, steps := o.run(`
- {name: List, action: "aws:executeAwsApi", inputs: {Service: s3, Api: ListBuckets}}
- {name: Make, action: "aws:executeAwsApi", inputs: {Service: s3, Api: CreateBucket, Bucket: shelf}}`, nil)
	if steps != "List Success, Make Failed" || !strings.Contains(aws.ToString(e.FailureMessage), "AccessDenied") {
		t.Errorf("%s: %s", steps, aws.ToString(e.FailureMessage))
	}
}

// TestATokenStartsOnce: the same token with the same parameters is the same execution.
func TestATokenStartsOnce(t *testing.T) {
	o := open(t, everything)
	o.publish("Book", nothing)
	in := &ssm.StartAutomationExecutionInput{
		DocumentName: aws.String("Book"), Parameters: map[string][]string{"AutomationAssumeRole": {o.role}},
		ClientToken: aws.String("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
	}
	first := got[*ssm.StartAutomationExecutionOutput](t)(o.ssm.StartAutomationExecution(t.Context(), in))
	again := got[*ssm.StartAutomationExecutionOutput](t)(o.ssm.StartAutomationExecution(t.Context(), in))
	if *first.AutomationExecutionId != *again.AutomationExecutionId {
		t.Error("one token started two executions")
	}
	in.Parameters["Bucket"] = []string{"other"}
	if _, err := o.ssm.StartAutomationExecution(t.Context(), in); refusedAs(err) != "IdempotentParameterMismatch" {
		t.Errorf("with other parameters: %v", err)
	}
}

// TestOneStartASecond: of an account and Region.
func TestOneStartASecond(t *testing.T) {
	o := open(t, everything)
	o.publish("Book", nothing)
	got[string](t)(o.start("Book", nil))
	if _, err := o.start("Book", nil); refusedAs(err) != "ThrottlingException" {
		t.Errorf("at once again: %v", err)
	}
	must(t, o.lab.Advance(t.Context(), time.Second))
	got[string](t)(o.start("Book", nil))
}

// TestDocumentsOfOthers are read and run like one's own, and say whose they are.
func TestDocumentsOfOthers(t *testing.T) {
	o := open(t, everything)
	must(t, o.lab.PublishDocument(t.Context(), ForeignDocument{
		Name: "AWS-DoNothing", Owner: "Amazon", Content: runbook(nothing),
	}))
	described := got[*ssm.DescribeDocumentOutput](t)(o.ssm.DescribeDocument(t.Context(),
		&ssm.DescribeDocumentInput{Name: aws.String("AWS-DoNothing")}))
	read := got[*ssm.GetDocumentOutput](t)(o.ssm.GetDocument(t.Context(),
		&ssm.GetDocumentInput{Name: aws.String("AWS-DoNothing")}))
	if aws.ToString(described.Document.Owner) != "Amazon" || aws.ToString(read.Content) != runbook(nothing) {
		t.Errorf("owner %s, content %s", aws.ToString(described.Document.Owner), aws.ToString(read.Content))
	}
	if e := o.ended(got[string](t)(o.start("AWS-DoNothing", nil))); e.AutomationExecutionStatus != "Success" {
		t.Errorf("ended as %s", e.AutomationExecutionStatus)
	}
	_, err := o.ssm.DescribeDocument(t.Context(), &ssm.DescribeDocumentInput{Name: aws.String("AWS-Other")})
	if err == nil {
		t.Error("a document that nobody made is there")
	}
}

// TestAnAutomationIsItsAccountsOwn: another account, and another Region, do not see it.
func TestAnAutomationIsItsAccountsOwn(t *testing.T) {
	o := open(t, everything)
	o.publish("Book", nothing)
	id := got[string](t)(o.start("Book", nil))
	for name, client := range map[string]*ssm.Client{
		"another account": ssm.NewFromConfig(once(o.lab, o.lab.Members()[1])),
		"another Region": ssm.NewFromConfig(once(o.lab, o.account), func(options *ssm.Options) {
			options.Region = "eu-west-1"
		}),
	} {
		_, err := client.GetAutomationExecution(t.Context(), &ssm.GetAutomationExecutionInput{
			AutomationExecutionId: aws.String(id),
		})
		if refusedAs(err) != "AutomationExecutionNotFoundException" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
