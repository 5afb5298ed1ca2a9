package lab

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"
)

// everything lets a runbook do whatever it wants.
const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

const versioned = `
- name: Make
  action: aws:executeAwsApi
  inputs: {Service: s3, Api: CreateBucket, Bucket: "{{ Bucket }}"}
- name: Version
  action: aws:executeAwsApi
  inputs:
    Service: s3
    Api: PutBucketVersioning
    Bucket: "{{ Bucket }}"
    VersioningConfiguration: {Status: Enabled}
- name: Wait
  action: aws:waitForAwsResourceProperty
  inputs: {Service: s3, Api: GetBucketVersioning, Bucket: "{{ Bucket }}", PropertySelector: $.Status,
    DesiredValues: [Enabled]}
- name: Sleep
  action: aws:sleep
  inputs: {Duration: PT20M}
- name: Count
  action: aws:executeScript
  inputs:
    Runtime: python3.11
    Handler: count
    InputPayload: {bucket: "{{ Bucket }}", days: "{{ Days }}", text: "{{ Bucket }} for {{ Days }}"}
    Script: |
      import boto3
      def count(events, context):
          names = [b["Name"] for b in boto3.client("s3").list_buckets()["Buckets"]]
          return {"Found": events["bucket"] in names, "Days": events["days"] + 1, "Text": events["text"]}
  outputs:
    - {Name: Found, Selector: $.Payload.Found, Type: Boolean}
    - {Name: Days, Selector: $.Payload.Days, Type: Integer}
    - {Name: Text, Selector: $.Payload.Text, Type: String}
- name: Choose
  action: aws:branch
  inputs:
    Choices:
      - NextStep: Never
        And: [{Variable: "{{ Count.Found }}", BooleanEquals: true}, {Variable: "{{ Count.Days }}", NumericGreater: 8}]
    Default: Last
- name: Never
  action: aws:sleep
  inputs: {Duration: PT1S}
- name: Last
  action: aws:assertAwsResourceProperty
  inputs: {Service: s3, Api: GetBucketVersioning, Bucket: "{{ Bucket }}", PropertySelector: $.Status,
    DesiredValues: [Enabled]}
  isEnd: true
`

func TestRunbooksRunStepByStep(t *testing.T) {
	o := open(t, everything)
	o.publish("Book", versioned+"\noutputs: [Count.Text, Count.Days]")
	id := got[string](t)(o.start("Book", nil))
	waiting := o.until(id, func(e *ssmtypes.AutomationExecution) bool {
		return aws.ToString(e.CurrentStepName) == "Sleep"
	})
	if waiting.AutomationExecutionStatus != ssmtypes.AutomationExecutionStatusInprogress {
		t.Errorf("while it sleeps it is %s", waiting.AutomationExecutionStatus)
	}
	must(t, o.lab.Advance(t.Context(), 20*time.Minute))
	e := o.ended(id)
	if d := cmp.Diff("Make Success, Version Success, Wait Success, Sleep Success, Count Success, Choose Success, "+
		"Never Pending, Last Success", stepsOf(e)); d != "" {
		t.Fatalf("(-want +got):\n%s\n%s", d, aws.ToString(e.FailureMessage))
	}
	if e.AutomationExecutionStatus != ssmtypes.AutomationExecutionStatusSuccess {
		t.Errorf("it ended as %s", e.AutomationExecutionStatus)
	}
	if took := e.ExecutionEndTime.Sub(*e.ExecutionStartTime); took < 20*time.Minute {
		t.Errorf("it took %v by its own clock", took)
	}
	client := o.lab.S3(o.account)
	state := got[*s3.GetBucketVersioningOutput](t)(client.GetBucketVersioning(t.Context(),
		&s3.GetBucketVersioningInput{Bucket: aws.String("shelf")}))
	if state.Status != "Enabled" {
		t.Errorf("another client sees versioning %q", state.Status)
	}
	want := map[string][]string{"Found": {"true"}, "Days": {"8"}, "Text": {"shelf for 7"}}
	outputs := e.StepExecutions[4].Outputs
	delete(outputs, "Payload")
	if d := cmp.Diff(want, outputs); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// wrongBook is a runbook that does not end well, or not by itself.
type wrongBook struct{ steps, status, want, says string }

const noBucket = `
- {name: One, action: "aws:executeAwsApi", inputs: {Service: s3, Api: GetBucketVersioning, Bucket: nowhere}FAIL}
- {name: Two, action: "aws:sleep", inputs: {Duration: PT1S}}
- {name: Three, action: "aws:sleep", inputs: {Duration: PT1S}, isEnd: true}`

func wrongBooks() map[string]wrongBook {
	return map[string]wrongBook{
		"an API that fails": {noBucket, "Failed", "One Failed, Two Pending, Three Pending", "NoSuchBucket"},
		"and goes on": {
			strings.ReplaceAll(noBucket, "FAIL", ", onFailure: Continue"), "Success",
			"One Failed, Two Success, Three Success", "",
		},
		"and goes on, but counts": {
			strings.ReplaceAll(noBucket, "FAIL", ", onFailure: Continue, isCritical: true"), "Failed",
			"One Failed, Two Success, Three Success", "NoSuchBucket",
		},
		"and goes elsewhere": {
			strings.ReplaceAll(noBucket, "FAIL", ", onFailure: 'step:Three'"), "Failed",
			"One Failed, Two Pending, Three Success", "NoSuchBucket",
		},
		"an assertion that does not hold": {`
- {name: One, action: "aws:assertAwsResourceProperty", inputs: {Service: sts, Api: GetCallerIdentity,
    PropertySelector: $.Account, DesiredValues: ["111111111111"]}}`, "Failed", "One Failed", "none of"},
		"an API that is not there": {
			`
- {name: One, action: "aws:executeAwsApi", inputs: {Service: s3, Api: GetBucketVersionin}}`,
			"Failed", "One Failed", "no API",
		},
		"an input that is not there": {
			`
- {name: One, action: "aws:executeAwsApi", inputs: {Service: s3, Api: GetBucketVersioning, Buket: x}}`,
			"Failed", "One Failed", "Buket",
		},
		"a reference to nothing": {
			`
- {name: One, action: "aws:executeAwsApi", inputs: {Service: s3, Api: GetBucketVersioning, Bucket: "{{ Two.Name }}"}}`,
			"Failed", "One Failed", "Two.Name",
		},
		"a selector that finds nothing": {`
- name: One
  action: aws:executeAwsApi
  inputs: {Service: sts, Api: GetCallerIdentity}
  outputs: [{Name: X, Selector: $.Nothing, Type: String}]`, "Failed", "One Failed", "$.Nothing"},
		"an output of another type": {`
- name: One
  action: aws:executeAwsApi
  inputs: {Service: sts, Api: GetCallerIdentity}
  outputs: [{Name: X, Selector: $.Account, Type: Integer}]`, "Failed", "One Failed", "Integer"},
		"a script that raises": {`
- name: One
  action: aws:executeScript
  inputs: {Runtime: python3.11, Handler: f, Script: "def f(e, c):\n  raise ValueError('too late')"}
  maxAttempts: 2`, "Failed", "One Failed", "ValueError: too late"},
		"a branch without a way": {
			`
- name: One
  action: aws:branch
  inputs: {Choices: [{Variable: "{{ Bucket }}", StringEquals: other, NextStep: One}]}`,
			"Failed", "One Failed", "no choice",
		},
	}
}

// TestRunbooksThatFail: each fails in the way its document says.
func TestRunbooksThatFail(t *testing.T) {
	for name, c := range wrongBooks() {
		t.Run(name, func(t *testing.T) {
			o := open(t, everything)
			e, steps := o.run(strings.ReplaceAll(c.steps, "FAIL", ""), nil)
			if string(e.AutomationExecutionStatus) != c.status || steps != c.want {
				t.Errorf("ended as %s: %s", e.AutomationExecutionStatus, steps)
			}
			if said := aws.ToString(e.FailureMessage); !strings.Contains(said, c.says) || (c.says == "") != (said == "") {
				t.Errorf("said %q", said)
			}
		})
	}
}

// TestAStepWaitsAndTimesOut: by the clock that the lab puts forward.
func TestAStepWaitsAndTimesOut(t *testing.T) {
	o := open(t, everything)
	o.publish("Book", `
- {name: Wait, action: "aws:waitForAwsResourceProperty", timeoutSeconds: 600,
    inputs: {Service: iam, Api: GetAccountSummary, PropertySelector: $.SummaryMap.Users, DesiredValues: ["5"]}}`)
	id := got[string](t)(o.start("Book", nil))
	must(t, o.lab.Advance(t.Context(), 11*time.Minute))
	e := o.ended(id)
	if e.AutomationExecutionStatus != ssmtypes.AutomationExecutionStatusTimedout || stepsOf(e) != "Wait TimedOut" {
		t.Errorf("%s: %s", e.AutomationExecutionStatus, stepsOf(e))
	}
}

func TestAStoppedRunbookCleansUp(t *testing.T) {
	o := open(t, everything)
	o.publish("Book", `
- {name: Sleep, action: "aws:sleep", onCancel: "step:Clean", nextStep: After, inputs: {Duration: PT2H}}
- {name: After, action: "aws:sleep", isEnd: true, inputs: {Duration: PT1S}}
- {name: Clean, action: "aws:executeAwsApi", isEnd: true, inputs: {Service: s3, Api: CreateBucket, Bucket: cleaned}}`)
	id := got[string](t)(o.start("Book", nil))
	o.until(id, func(e *ssmtypes.AutomationExecution) bool { return aws.ToString(e.CurrentStepName) == "Sleep" })
	got[*ssm.StopAutomationExecutionOutput](t)(o.ssm.StopAutomationExecution(t.Context(),
		&ssm.StopAutomationExecutionInput{AutomationExecutionId: aws.String(id), Type: ssmtypes.StopTypeCancel}))
	e := o.ended(id)
	if e.AutomationExecutionStatus != ssmtypes.AutomationExecutionStatusCancelled ||
		stepsOf(e) != "Sleep Cancelled, After Pending, Clean Success" {
		t.Errorf("%s: %s", e.AutomationExecutionStatus, stepsOf(e))
	}
}

func TestAnApprovalIsWaitedFor(t *testing.T) {
	for decision, want := range map[ssmtypes.SignalType]ssmtypes.AutomationExecutionStatus{
		ssmtypes.SignalTypeApprove: ssmtypes.AutomationExecutionStatusSuccess,
		ssmtypes.SignalTypeReject:  ssmtypes.AutomationExecutionStatusRejected,
	} {
		t.Run(string(decision), func(t *testing.T) {
			o := open(t, everything)
			o.publish("Book", `
- {name: Ask, action: "aws:approve", inputs: {Approvers: ["arn:aws:iam::222222222222:root"], Message: please}}
- {name: After, action: "aws:sleep", inputs: {Duration: PT0S}}`)
			id := got[string](t)(o.start("Book", nil))
			o.until(id, func(e *ssmtypes.AutomationExecution) bool {
				return e.AutomationExecutionStatus == ssmtypes.AutomationExecutionStatusWaiting
			})
			send := func(kind ssmtypes.SignalType) error {
				_, err := o.ssm.SendAutomationSignal(t.Context(), &ssm.SendAutomationSignalInput{
					AutomationExecutionId: aws.String(id), SignalType: kind,
				})
				return err
			}
			if err := send(ssmtypes.SignalTypeStartStep); err == nil || !strings.Contains(err.Error(), "no signal") {
				t.Errorf("another signal: %v", err)
			}
			must(t, send(decision))
			if e := o.ended(id); e.AutomationExecutionStatus != want {
				t.Errorf("ended as %s: %s", e.AutomationExecutionStatus, stepsOf(e))
			}
		})
	}
}

func TestARunbookStartsAnother(t *testing.T) {
	o := open(t, everything)
	o.publish("Child", `
- {name: Make, action: "aws:executeAwsApi", inputs: {Service: s3, Api: CreateBucket, Bucket: "{{ Bucket }}"}}`)
	o.publish("Book", `
- name: Start
  action: aws:executeAutomation
  maxAttempts: 9
  inputs: {DocumentName: Child, RuntimeParameters: {AutomationAssumeRole: "{{ AutomationAssumeRole }}", Bucket: other}}
- {name: After, action: "aws:assertAwsResourceProperty", inputs: {Service: s3, Api: GetBucketLocation, Bucket: other,
    PropertySelector: $.LocationConstraint, DesiredValues: ["null", "us-east-1", "None"]}}`)
	id := got[string](t)(o.start("Book", nil))
	must(t, o.lab.Advance(t.Context(), 2*time.Second)) // AWS takes one start a second
	if e := o.ended(id); e.AutomationExecutionStatus != ssmtypes.AutomationExecutionStatusSuccess {
		t.Errorf("ended as %s: %s, %s", e.AutomationExecutionStatus, stepsOf(e), aws.ToString(e.FailureMessage))
	}
	listed := got[*ssm.DescribeAutomationExecutionsOutput](t)(o.ssm.DescribeAutomationExecutions(t.Context(),
		&ssm.DescribeAutomationExecutionsInput{}))
	if len(listed.AutomationExecutionMetadataList) != 2 ||
		aws.ToString(listed.AutomationExecutionMetadataList[0].ParentAutomationExecutionId) != id {
		t.Errorf("listed: %+v", listed.AutomationExecutionMetadataList)
	}
}
