package doctor_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	configtypes "github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/doctor"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/policy"
	"github.com/salve-security/salve/internal/run"
)

const (
	hubAccount, account, home = "111111111111", "222222222222", "eu-west-1"
	bucket                    = "arn:aws:s3:::logs"
	functionRole              = "arn:aws:iam::111111111111:role/salve-orchestrator"
)

func now() time.Time { return time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) }

// world is AWS as checks see it: an answer for each operation, in process. The emulators cannot be broken in most of
// these ways; where they can, the lab's tests do the same for real.
type world struct {
	mu      sync.Mutex
	answers map[string]any // by operation: an output, an error, or a function of the input
	asked   []string
	late    time.Duration // how late this machine is
	from    string        // the account of who asks
	refused string        // the code with which AWS answers who asks who he is

	settings gate.Settings
	charted  gate.Charted
	hold     *run.Hold
	runs     []*run.Run
	found    []finding.Finding
	plan     control.Plan
	wrong    map[string]error // of ports, by name
}

// config answers calls in the place of AWS.
func (w *world) config() aws.Config {
	cfg := aws.Config{Region: home, Retryer: func() aws.Retryer { return aws.NopRetryer{} }}
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("answer", w.answer), middleware.Before)
	})
	return cfg
}

func (w *world) answer(_ context.Context, in middleware.InitializeInput, _ middleware.InitializeHandler) (
	out middleware.InitializeOutput, data middleware.Metadata, err error,
) {
	w.mu.Lock()
	defer w.mu.Unlock()
	of := reflect.TypeOf(in.Parameters).Elem()
	service := of.PkgPath()[strings.LastIndex(of.PkgPath(), "/")+1:]
	name := service + ":" + strings.TrimSuffix(of.Name(), "Input")
	w.asked = append(w.asked, name)
	said, ok := w.answers[name]
	if !ok {
		return out, data, fmt.Errorf("nobody answers %s", name)
	}
	if f := reflect.ValueOf(said); f.Kind() == reflect.Func {
		said = f.Call([]reflect.Value{reflect.ValueOf(in.Parameters)})[0].Interface()
	}
	if err, failed := said.(error); failed {
		return out, data, &smithy.OperationError{ServiceID: service, OperationName: of.Name(), Err: err}
	}
	out.Result = said
	return out, data, nil
}

// Do answers who asks who he is; only an answer over HTTP says what time it is.
func (w *world) Do(*http.Request) (*http.Response, error) {
	status, body := http.StatusOK, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::`+w.from+
		`:user/ann</Arn><Account>`+w.from+`</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
	if w.refused != "" {
		status, body = http.StatusForbidden, `<ErrorResponse><Error><Code>`+w.refused+`</Code></Error></ErrorResponse>`
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Date": {now().Add(w.late).Format(http.TimeFormat)}},
		Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

// person is who asks.
func (w *world) person() aws.Config {
	return aws.Config{
		Region: home, HTTPClient: w, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// Given, Settings, Hold and History are the ledger's.
func (*world) Given(context.Context) ([]gate.Given, error) { return nil, nil }

func (w *world) Settings(context.Context) (gate.Settings, error) {
	return w.settings, w.wrong["settings"]
}

// Chart is what was read of the organization.
func (w *world) Chart(context.Context) (gate.Charted, error) { return w.charted, w.wrong["chart"] }

// Hold is what keeps off the resource.
func (w *world) Hold(context.Context, run.Key, time.Time) (*run.Hold, error) {
	return w.hold, w.wrong["hold"]
}

// History are the runs of before.
func (w *world) History(context.Context, run.Query) (run.Page, error) {
	return run.Page{Runs: w.runs}, w.wrong["history"]
}

// Open opens a session, which goes to the same world.
func (w *world) Open(_ context.Context, r control.SessionRequest) (aws.Config, error) {
	if _, err := policy.SessionOf(r); err != nil {
		return aws.Config{}, fault.New(fault.Refused, "no session policy can be made for just this run: %w", err)
	}
	return w.config(), w.wrong["role "+r.Target.Account]
}

func queueARN(name string) string { return "arn:aws:sqs:" + home + ":" + hubAccount + ":" + name }

func ruleARN(name string) string {
	return "arn:aws:events:" + home + ":" + hubAccount + ":rule/" + name
}

// importedPattern and clickedPattern are what the stack gives its rules; the lab's test holds that.
const (
	importedPattern = `{"source":["aws.securityhub"],"detail-type":["Security Hub Findings - Imported"],` +
		`"detail":{"findings":{"ProductArn":[{"suffix":"::product/aws/securityhub"}],` +
		`"Compliance":{"Status":["FAILED","WARNING"]},` +
		`"Workflow":{"Status":["NEW"]},"RecordState":["ACTIVE"]}}}`
	actionsAt      = "arn:aws:securityhub:" + home + ":" + hubAccount + ":action/custom/"
	clickedPattern = `{"source":["aws.securityhub"],"detail-type":["Security Hub Findings - Custom Action"],` +
		`"resources":["` + actionsAt + `SalveRemediate","` + actionsAt + `SalvePlan","` + actionsAt + `SalveUndo"]}`
)

func queueOf(rule string) map[string]string {
	return map[string]string{
		"ApproximateNumberOfMessages": "0", "SqsManagedSseEnabled": "true",
		"RedrivePolicy": `{"deadLetterTargetArn":"` + queueARN(names.DeadQueue) + `","maxReceiveCount":5}`,
		"Policy": `{"Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},` +
			`"Action":"sqs:SendMessage","Condition":{"ArnEquals":{"aws:SourceArn":"` + ruleARN(rule) + `"}}}]}`,
	}
}

func theRole() iamtypes.Role {
	mark, _ := policy.MarkIn(deploy.Member())
	return iamtypes.Role{
		RoleName: aws.String(names.MemberRole), Description: aws.String("A role (rights " + mark.String() + ")"),
		AssumeRolePolicyDocument: aws.String(url.QueryEscape(trustOf(functionRole, ""))),
	}
}

func trustOf(principal, condition string) string {
	return `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sts:AssumeRole"` +
		condition + `}]}`
}

// healthy is a world in which all is well.
func healthy() *world {
	w := &world{from: hubAccount, wrong: map[string]error{}, answers: map[string]any{}}
	maps.Copy(w.answers, hubAnswers())
	maps.Copy(w.answers, feedAnswers())
	maps.Copy(w.answers, memberAnswers())
	w.found = []finding.Finding{{
		Source: finding.FromControl, Account: account, Region: home, Partition: "aws", Control: "S3.8", ID: "f",
		Compliance: finding.Failed, Workflow: finding.New, RecordState: finding.Active, UpdatedAt: now(),
		Resource: finding.Resource{ID: bucket, Region: home, Partition: "aws", Type: "AwsS3Bucket"},
	}}
	w.settings = gate.Settings{Doc: `{"version":1,"controls":{"S3.8":{"mode":"auto"}}}`, Version: 3}
	return w
}

func hubAnswers() map[string]any {
	var indexes []ddbtypes.GlobalSecondaryIndexDescription
	for _, i := range names.Indexes() {
		indexes = append(indexes, ddbtypes.GlobalSecondaryIndexDescription{
			IndexName: aws.String(i.Name), IndexStatus: ddbtypes.IndexStatusActive,
		})
	}
	var actions []hubtypes.ActionTarget
	for _, a := range names.Actions() {
		actions = append(actions, hubtypes.ActionTarget{
			ActionTargetArn: aws.String(actionsAt + a.ID), Name: aws.String(a.Name), Description: aws.String(a.Description),
		})
	}
	return map[string]any{
		"sts:GetCallerIdentity": &sts.GetCallerIdentityOutput{},
		"dynamodb:DescribeTable": &dynamodb.DescribeTableOutput{Table: &ddbtypes.TableDescription{
			TableStatus: ddbtypes.TableStatusActive, GlobalSecondaryIndexes: indexes,
		}},
		"securityhub:DescribeHub":           &securityhub.DescribeHubOutput{SubscribedAt: aws.String("2026-01-01")},
		"securityhub:DescribeActionTargets": &securityhub.DescribeActionTargetsOutput{ActionTargets: actions},
		"securityhub:ListFindingAggregators": &securityhub.ListFindingAggregatorsOutput{
			FindingAggregators: []hubtypes.FindingAggregator{{FindingAggregatorArn: aws.String("arn:aggregator")}},
		},
		"securityhub:GetFindingAggregator": &securityhub.GetFindingAggregatorOutput{
			FindingAggregationRegion: aws.String(home), RegionLinkingMode: aws.String("ALL_REGIONS"),
		},
		"securityhub:GetMembers": &securityhub.GetMembersOutput{Members: []hubtypes.Member{{
			AccountId: aws.String(account), MemberStatus: aws.String("Enabled"),
		}}},
		"securityhub:ListMembers":    members(account),
		"organizations:ListAccounts": &organizations.ListAccountsOutput{},
		"sns:ListSubscriptionsByTopic": &sns.ListSubscriptionsByTopicOutput{Subscriptions: []snstypes.Subscription{{
			SubscriptionArn: aws.String("arn:aws:sns:eu-west-1:111111111111:salve-notices:1"),
		}}},
		"cloudwatch:DescribeAlarms": &cloudwatch.DescribeAlarmsOutput{MetricAlarms: []cwtypes.MetricAlarm{{
			AlarmName: aws.String("salve-throttles"), StateValue: cwtypes.StateValueOk,
		}}},
	}
}

func members(ids ...string) *securityhub.ListMembersOutput {
	out := &securityhub.ListMembersOutput{}
	for _, id := range ids {
		out.Members = append(out.Members, hubtypes.Member{AccountId: &id, MemberStatus: aws.String("Enabled")})
	}
	return out
}

func feedAnswers() map[string]any {
	return map[string]any{
		"eventbridge:DescribeRule": func(in *eventbridge.DescribeRuleInput) any {
			pattern := importedPattern
			if *in.Name == names.ClickedRule {
				pattern = clickedPattern
			}
			return &eventbridge.DescribeRuleOutput{State: ebtypes.RuleStateEnabled, EventPattern: &pattern}
		},
		"eventbridge:ListTargetsByRule": func(in *eventbridge.ListTargetsByRuleInput) any {
			queue := names.BulkQueue
			if *in.Rule == names.ClickedRule {
				queue = names.NowQueue
			}
			return &eventbridge.ListTargetsByRuleOutput{Targets: []ebtypes.Target{{Arn: aws.String(queueARN(queue))}}}
		},
		"sqs:GetQueueAttributes": func(in *sqs.GetQueueAttributesInput) any {
			switch (*in.QueueUrl)[strings.LastIndex(*in.QueueUrl, "/")+1:] {
			case names.NowQueue:
				return &sqs.GetQueueAttributesOutput{Attributes: queueOf(names.ClickedRule)}
			case names.BulkQueue:
				return &sqs.GetQueueAttributesOutput{Attributes: queueOf(names.ImportedRule)}
			}
			return &sqs.GetQueueAttributesOutput{Attributes: map[string]string{"ApproximateNumberOfMessages": "0"}}
		},
		"lambda:ListEventSourceMappings": func(in *lambda.ListEventSourceMappingsInput) any {
			return &lambda.ListEventSourceMappingsOutput{EventSourceMappings: []lambdatypes.EventSourceMappingConfiguration{
				mapping(*in.EventSourceArn),
			}}
		},
		"lambda:GetFunctionConfiguration": &lambda.GetFunctionConfigurationOutput{
			State: lambdatypes.StateActive, LastUpdateStatus: lambdatypes.LastUpdateStatusSuccessful,
			Environment: &lambdatypes.EnvironmentResponse{Variables: map[string]string{names.EnvTable: names.Table}},
		},
		"lambda:GetFunctionConcurrency": &lambda.GetFunctionConcurrencyOutput{},
		"scheduler:GetSchedule": &scheduler.GetScheduleOutput{
			State: schedulertypes.ScheduleStateEnabled, ScheduleExpression: aws.String("rate(1 minute)"),
			Target: &schedulertypes.Target{Arn: aws.String(queueARN(names.NowQueue))},
		},
	}
}

func mapping(source string) lambdatypes.EventSourceMappingConfiguration {
	return lambdatypes.EventSourceMappingConfiguration{
		UUID: aws.String("uuid"), State: aws.String("Enabled"), EventSourceArn: &source,
		FunctionArn:           aws.String("arn:aws:lambda:eu-west-1:111111111111:function:salve-orchestrator:live"),
		FunctionResponseTypes: []lambdatypes.FunctionResponseType{lambdatypes.FunctionResponseTypeReportBatchItemFailures},
	}
}

func memberAnswers() map[string]any {
	return map[string]any{
		"securityhub:BatchGetSecurityControls": &securityhub.BatchGetSecurityControlsOutput{
			SecurityControls: []hubtypes.SecurityControl{{
				SecurityControlId: aws.String("S3.8"), SecurityControlStatus: hubtypes.ControlStatusEnabled,
			}},
		},
		"configservice:DescribeConfigurationRecorders": recording(configtypes.RecordingGroup{AllSupported: true}),
		"configservice:DescribeConfigurationRecorderStatus": &configservice.DescribeConfigurationRecorderStatusOutput{
			ConfigurationRecordersStatus: []configtypes.ConfigurationRecorderStatus{{Recording: true}},
		},
		"iam:ListRoles": &iam.ListRolesOutput{Roles: []iamtypes.Role{theRole()}},
	}
}

func recording(group configtypes.RecordingGroup) *configservice.DescribeConfigurationRecordersOutput {
	return &configservice.DescribeConfigurationRecordersOutput{ConfigurationRecorders: []configtypes.ConfigurationRecorder{
		{Name: aws.String("of-a-service"), ServicePrincipal: aws.String("x.amazonaws.com")},
		{Name: aws.String("default"), RecordingGroup: &group},
	}}
}

// about is the control that is asked about, changed.
func about(change func(*control.Info)) *control.Control {
	info := control.Info{
		ID: "S3.8", Resources: []string{"AwsS3Bucket"}, Actions: []string{"s3:GetBucketPublicAccessBlock"},
		Fails: control.Fails{When: "Always.", Rule: "s3-bucket-level-public-access-prohibited"},
	}
	change(&info)
	c := control.Of[struct{ On bool }]{Info: info}.Control()
	return &c
}

// patient is what is asked about in a world.
func (w *world) patient() *doctor.Patient {
	return &doctor.Patient{
		MemberRole: names.MemberRole, Partition: "aws", Hub: hubAccount, Home: home, Person: w.person(), Own: w.config(),
		Role: "arn:aws:iam::111111111111:role/salve-operator", Actor: "ann",
		Work:   func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, w.wrong["work"] },
		Queue:  func(name string) string { return "https://sqs/111111111111/" + name },
		Ledger: w, Sessions: w, Now: now,
		Account: account, Region: home, ControlID: "S3.8", Control: about(func(*control.Info) {}),
		Known: func(gate.Config) error { return w.wrong["known"] },
		Found: func(context.Context) ([]finding.Finding, error) { return w.found, w.wrong["found"] },
		Decide: func(_ context.Context, config gate.Config, o gate.Overlay, f finding.Finding) (gate.Decision, error) {
			return gate.Decide(gate.Input{
				Config: config, Overlay: o, Finding: f, Trigger: gate.Imported, Now: now(),
				Control: gate.Control{ID: "S3.8", HasPlaybook: true, Impact: control.ImpactNone},
			}), w.wrong["decide"]
		},
		Preview: func(context.Context, finding.Finding) (control.Plan, error) { return w.plan, w.wrong["preview"] },
	}
}

// answer is that of one check.
func answer(t *testing.T, p *doctor.Patient, name string) doctor.Answer {
	t.Helper()
	all := doctor.Checks()
	at := slices.IndexFunc(all, func(c doctor.Check) bool { return c.Name == name })
	if at < 0 {
		t.Fatalf("there is no check %s", name)
	}
	return all[at].Ask(t.Context(), p)
}

// denial is AWS's answer to who may not.
func denial(why string) error {
	return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "User: x is not authorized to perform: y " +
		why}
}
