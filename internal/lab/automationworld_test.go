package lab

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// office is an account in which runbooks run: with a role for them, and a client that is the account's root.
type office struct {
	*testing.T
	lab     *Lab
	account string
	role    string
	ssm     *ssm.Client
}

// trustSSM is the trust policy that a role for runbooks should have: its own account's executions alone.
const trustSSM = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ssm.amazonaws.com"},
	"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"%[1]s"},
	"ArnLike":{"aws:SourceArn":"arn:aws:ssm:*:%[1]s:automation-execution/*"}}}]}`

// open returns a member account with a role for runbooks that may do what the policy says.
func open(t *testing.T, policy string) office {
	t.Helper()
	l := fresh(t)
	account := l.Members()[0]
	o := office{T: t, lab: l, account: account, ssm: ssm.NewFromConfig(once(l, account))}
	o.role = o.makeRole("/salve/automation/", "runner", fmt.Sprintf(trustSSM, account), policy)
	return o
}

func (o office) makeRole(path, name, trust, policy string) string {
	o.Helper()
	client := iam.NewFromConfig(o.lab.Config(o.account, o.lab.Region()))
	made := got[*iam.CreateRoleOutput](o.T)(client.CreateRole(o.Context(), &iam.CreateRoleInput{
		Path: aws.String(path), RoleName: aws.String(name), AssumeRolePolicyDocument: aws.String(trust),
	}))
	got[*iam.PutRolePolicyOutput](o.T)(client.PutRolePolicy(o.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String(name), PolicyName: aws.String("p"), PolicyDocument: aws.String(policy),
	}))
	return aws.ToString(made.Role.Arn)
}

// publish makes a runbook of steps; it takes the role as its parameter.
func (o office) publish(name, steps string) {
	o.Helper()
	got[*ssm.CreateDocumentOutput](o.T)(o.ssm.CreateDocument(o.Context(), &ssm.CreateDocumentInput{
		Name: aws.String(name), DocumentType: ssmtypes.DocumentTypeAutomation,
		DocumentFormat: ssmtypes.DocumentFormatYaml, Content: aws.String(runbook(steps)),
	}))
}

// runbook is a document with these steps, and with outputs where the steps are followed by some.
func runbook(steps string) string {
	steps, outputs, some := strings.Cut(steps, "\noutputs:")
	if some {
		outputs = "outputs:" + outputs + "\n"
	}
	return `schemaVersion: "0.3"
assumeRole: "{{ AutomationAssumeRole }}"
parameters:
  AutomationAssumeRole: {type: AWS::IAM::Role::Arn}
  Bucket: {type: String, default: shelf, allowedPattern: "^[a-z]+$"}
  Days: {type: Integer, default: 7, allowedValues: [7, 30]}
  Names: {type: StringList, default: [a], maxItems: 2}
  Dry: {type: Boolean, default: false}
  Tags: {type: StringMap, default: {}}
  Rules: {type: MapList, default: []}
mainSteps:
` + indent(steps) + outputs
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.Trim(text, "\n"), "\n", "\n  ") + "\n"
}

// start starts a runbook and returns the execution's id.
func (o office) start(name string, parameters map[string][]string) (string, error) {
	given := map[string][]string{"AutomationAssumeRole": {o.role}}
	for key, values := range parameters {
		given[key] = values
	}
	out, err := o.ssm.StartAutomationExecution(o.Context(), &ssm.StartAutomationExecutionInput{
		DocumentName: aws.String(name), Parameters: given,
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.AutomationExecutionId), nil
}

// ended waits for the end of an execution.
func (o office) ended(id string) *ssmtypes.AutomationExecution {
	o.Helper()
	return o.until(id, func(e *ssmtypes.AutomationExecution) bool { return e.ExecutionEndTime != nil })
}

// until waits for an execution to come where it should.
func (o office) until(id string, there func(*ssmtypes.AutomationExecution) bool) *ssmtypes.AutomationExecution {
	o.Helper()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for end := time.Now().Add(startTimeout); ; <-tick.C {
		out := got[*ssm.GetAutomationExecutionOutput](o.T)(o.ssm.GetAutomationExecution(o.Context(),
			&ssm.GetAutomationExecutionInput{AutomationExecutionId: aws.String(id)}))
		if there(out.AutomationExecution) {
			return out.AutomationExecution
		}
		if time.Now().After(end) {
			o.Fatalf("the execution stands at %s, %s", out.AutomationExecution.AutomationExecutionStatus,
				aws.ToString(out.AutomationExecution.CurrentStepName))
		}
	}
}

// run publishes and carries out a runbook, a step an element of what is answered: name and status.
func (o office) run(steps string, parameters map[string][]string) (*ssmtypes.AutomationExecution, string) {
	o.Helper()
	o.publish("Book", steps)
	execution := o.ended(got[string](o.T)(o.start("Book", parameters)))
	return execution, stepsOf(execution)
}

func stepsOf(e *ssmtypes.AutomationExecution) string {
	var said []string
	for _, step := range e.StepExecutions {
		said = append(said, aws.ToString(step.StepName)+" "+string(step.StepStatus))
	}
	return strings.Join(said, ", ")
}
