package mq_test

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/mq"
	"github.com/aws/aws-sdk-go-v2/service/mq/types"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	playbook "github.com/salve-security/salve/functions/playbooks/mq"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// approving are parameters with somebody who may approve; the suite's root does.
func approving() map[string]any {
	return map[string]any{"approvers": "arn:aws:iam::" + playbooktest.DefaultAccount + ":root"}
}

// brokersWrite is a resource policy as the guide of Amazon MQ has it.
const brokersWrite = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"mq.amazonaws.com"},
	"Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:*:*:log-group:/aws/amazonmq/*"}]}`

// newBroker makes a broker that writes its general log, where brokers may write.
func newBroker(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	playbooktest.Got(cloudwatchlogs.NewFromConfig(root).PutResourcePolicy(ctx, &cloudwatchlogs.PutResourcePolicyInput{
		PolicyName: aws.String("brokers"), PolicyDocument: aws.String(brokersWrite),
	}))(t)
	made := playbooktest.Got(mq.NewFromConfig(root).CreateBroker(ctx, &mq.CreateBrokerInput{
		BrokerName: aws.String("orders-" + strings.ToLower(rand.Text()[:8])), EngineType: types.EngineTypeActivemq,
		EngineVersion: aws.String("5.18"), HostInstanceType: aws.String("mq.m5.large"),
		DeploymentMode: types.DeploymentModeSingleInstance, PubliclyAccessible: aws.Bool(false),
		AutoMinorVersionUpgrade: aws.Bool(true), Logs: &types.Logs{General: aws.Bool(true)},
		Users: []types.User{{Username: aws.String("app"), Password: aws.String("not-a-secret-1")}},
	}))(t)
	return brokerARN(*made.BrokerId)
}

// brokerARN is what AWS calls a broker. The lab leaves the name out.
func brokerARN(id string) string { return "arn:aws:mq:us-east-1:222222222222:broker:orders:" + id }

func id(resource string) *string { return aws.String(resource[strings.LastIndex(resource, ":")+1:]) }

// observed is what another client sees of a broker.
type observed struct {
	Audit, General bool
	Window         types.WeeklyStartTime
}

func observe(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	b := playbooktest.Got(mq.NewFromConfig(root).DescribeBroker(ctx, &mq.DescribeBrokerInput{BrokerId: id(resource)}))(t)
	return observed{*b.Logs.Audit, *b.Logs.General, *b.MaintenanceWindowStartTime}
}

// hidden makes brokers look as if something else of theirs changed: what is no part of the state and forbids nothing
// is told apart from what is.
type hidden struct {
	mu     sync.Mutex
	groups map[string][]string
}

func TestAuditLog(t *testing.T) {
	c := playbook.AuditLog()[0]
	params, err := c.Resolve(approving())
	playbooktest.Done(t, err)
	moved := &hidden{groups: map[string][]string{}}
	playbooktest.Run(t, playbooktest.Suite{
		World: playbooktest.Amended(playbooktest.World(t), moved.amend), Control: c, Params: params,
		Seed: newBroker,
		Foreign: []string{
			"arn:aws:mq:us-east-1:222222222222:configuration:c-1a2b3c4d", brokerARN("*"), brokerARN("a b"),
			"arn:aws:mq:us-east-1:222222222222:broker:b-1234a5b6-78cd-901e-2fab-3c45d6e78901",
		},
		Observe: observe,
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(mq.NewFromConfig(root).UpdateBroker(ctx, &mq.UpdateBrokerInput{
				BrokerId: id(resource), MaintenanceWindowStartTime: &types.WeeklyStartTime{
					DayOfWeek: types.DayOfWeekMonday, TimeOfDay: aws.String("03:00"), TimeZone: aws.String("UTC"),
				},
			}))(t)
		},
		DisturbFact: func(_ context.Context, _ *testing.T, _ aws.Config, resource string) { moved.wait(*id(resource)) },
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(mq.NewFromConfig(root).DeleteBroker(ctx, &mq.DeleteBrokerInput{BrokerId: id(resource)}))(t)
		},
		Skip: map[string]string{playbooktest.CaseDrift: "the log is on or off, and undo leaves it"},
	})
}

// wait lets other security groups wait for the broker's reboot, which the lab cannot.
func (h *hidden) wait(broker string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.groups[broker] = []string{"sg-0123456789abcdef0"}
}

func (h *hidden) amend(_, output any) {
	if b, ok := output.(*mq.DescribeBrokerOutput); ok {
		h.mu.Lock()
		defer h.mu.Unlock()
		b.PendingSecurityGroups = h.groups[aws.ToString(b.BrokerId)]
	}
}

// The general log stays as it is, also where it is off.
func TestTheGeneralLogStaysOff(t *testing.T) {
	c, root := playbook.AuditLog()[0], playbooktest.Root(t)
	resource := newBroker(t.Context(), t, root)
	playbooktest.Got(mq.NewFromConfig(root).UpdateBroker(t.Context(), &mq.UpdateBrokerInput{
		BrokerId: id(resource), Logs: &types.Logs{Audit: aws.Bool(false), General: aws.Bool(false)},
	}))(t)
	playbooktest.Fix(t, c, playbooktest.Env(t, c, resource, playbooktest.With(approving())))
	now := observe(t.Context(), t, root, resource).(observed)
	if d := cmp.Diff([]bool{true, false}, []bool{now.Audit, now.General}); d != "" {
		t.Errorf("audit and general log (-want +got):\n%s", d)
	}
}

// A reboot that somebody rejects, and one that is over while the broker shows no audit log: both end without a fix, and
// say so.
func TestWithoutAReboot(t *testing.T) {
	off := &mq.DescribeBrokerOutput{
		EngineType: types.EngineTypeActivemq, BrokerState: types.BrokerStateRunning,
		Logs: &types.LogsSummary{Audit: aws.Bool(false), Pending: &types.PendingLogs{Audit: aws.Bool(true)}},
	}
	for name, s := range map[string]struct {
		says    ssmtypes.SignalType
		refused bool
		shows   *mq.DescribeBrokerOutput // in the place of the lab's answer, once the runbook is over
	}{
		"rejected":       {says: ssmtypes.SignalTypeReject, refused: true},
		"not to be seen": {says: ssmtypes.SignalTypeApprove, shows: off},
	} {
		t.Run(name, func(t *testing.T) {
			c, root := playbook.AuditLog()[0], playbooktest.Root(t)
			resource := newBroker(t.Context(), t, root)
			env := playbooktest.Env(t, c, resource, playbooktest.With(approving()))
			plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
			ended := playbooktest.Ended(t, nil, c, env, plan, s.says)
			want := control.Progress{Status: ended.Status, Over: true, Failed: s.refused, Refused: s.refused, Steps: ended.Steps}
			if s.refused {
				want.Step, want.Message = "Approve", ended.Message
			} else {
				want.Step = ended.Step
			}
			if d := cmp.Diff(want, ended, cmpopts.IgnoreFields(control.Progress{}, "Steps")); d != "" {
				t.Errorf("the runbook's end (-want +got):\n%s", d)
			}
			if s.shows != nil {
				s.shows.BrokerId = id(resource)
				playbooktest.Answers(s.shows).AddTo(&env.Config)
			}
			seen := playbooktest.Got(c.Verify(t.Context(), env, plan))(t)
			if len(seen.Left) != 1 || seen.Changes[0].Moved() {
				t.Errorf("left is %v of %v", seen.Left, seen.Changes)
			}
		})
	}
}

const broker = "b-1234a5b6-78cd-901e-2fab-3c45d6e78901"

// shape is a broker whose logs are off but for the change, in an account with one resource policy, "" for none.
func shape(policy string, change func(*mq.DescribeBrokerOutput)) playbooktest.Shape {
	out := &mq.DescribeBrokerOutput{
		BrokerId: aws.String(broker), EngineType: types.EngineTypeActivemq, BrokerState: types.BrokerStateRunning,
		Logs: &types.LogsSummary{Audit: aws.Bool(false), General: aws.Bool(false)}, EngineVersion: aws.String("5.18"),
		Configurations: &types.Configurations{
			Current: &types.ConfigurationId{Id: aws.String("c-1"), Revision: aws.Int32(1)},
		},
	}
	change(out)
	var policies []logtypes.ResourcePolicy
	if policy != "" {
		policies = append(policies, logtypes.ResourcePolicy{PolicyDocument: &policy})
	}
	return playbooktest.Shape{
		Params:  approving(),
		Answers: playbooktest.Answers(out, &cloudwatchlogs.DescribeResourcePoliciesOutput{ResourcePolicies: policies}),
	}
}

func fails(policy string, change func(*mq.DescribeBrokerOutput)) playbooktest.Shape {
	s := shape(policy, change)
	s.Fails = true
	return s
}

func ends(class fault.Class, policy string, change func(*mq.DescribeBrokerOutput), words ...string) playbooktest.Shape {
	s := shape(policy, change)
	s.Class, s.Words = class, words
	return s
}

func same(*mq.DescribeBrokerOutput) {}

func on(b *mq.DescribeBrokerOutput) { b.Logs.Audit = aws.Bool(true) }

// AWS fails an ActiveMQ broker whose audit log is off, whatever its general log does and whatever waits.
func TestLineOfAuditLogs(t *testing.T) {
	playbooktest.Judged(t, playbook.AuditLog()[0], brokerARN(broker), map[string]playbooktest.Shape{
		"off":          fails(brokersWrite, same),
		"general only": fails(brokersWrite, func(b *mq.DescribeBrokerOutput) { b.Logs.General = aws.Bool(true) }),
		"as other answers write the engine": fails(brokersWrite, func(b *mq.DescribeBrokerOutput) {
			b.EngineType = "ActiveMQ"
		}),
		"waits for a reboot": fails(brokersWrite, func(b *mq.DescribeBrokerOutput) {
			b.Logs.Pending = &types.PendingLogs{Audit: aws.Bool(true), General: aws.Bool(true)}
		}),
		"what waits is so already": fails(brokersWrite, func(b *mq.DescribeBrokerOutput) {
			b.PendingEngineVersion, b.Configurations.Pending = aws.String("5.18"), b.Configurations.Current
			b.SecurityGroups, b.PendingSecurityGroups = []string{"sg-a", "sg-b"}, []string{"sg-b", "sg-a"}
		}),
		"policy of another form": fails(`{"Statement":{"Effect":"Allow","Principal":{"Service":["es.amazonaws.com",
			"mq.amazonaws.com"]},"Action":"logs:*","Resource":"*"}}`, same),
		"policy that nobody can read": fails("{", same),

		"on": shape(brokersWrite, on),
		"on, and is to go off": shape(brokersWrite, func(b *mq.DescribeBrokerOutput) {
			b.Logs.Audit, b.Logs.Pending = aws.Bool(true), &types.PendingLogs{Audit: aws.Bool(false)}
		}),
		"on, reboots, a version waits, no policy": shape("", func(b *mq.DescribeBrokerOutput) {
			b.BrokerState, b.PendingEngineVersion = types.BrokerStateRebootInProgress, aws.String("5.19")
			on(b)
		}),

		"no logs":        ends(fault.Invalid, brokersWrite, func(b *mq.DescribeBrokerOutput) { b.Logs = nil }),
		"no word":        ends(fault.Invalid, brokersWrite, func(b *mq.DescribeBrokerOutput) { b.Logs.Audit = nil }),
		"another broker": ends(fault.Invalid, brokersWrite, func(b *mq.DescribeBrokerOutput) { b.BrokerId = nil }),
	})
}

// Nobody's connections end for less than the audit log, for more than it, or for a log that stays empty.
func TestBrokersThatAreNotRebooted(t *testing.T) {
	nobody, many := shape(brokersWrite, same), shape(brokersWrite, same)
	nobody.Params, nobody.Class, nobody.Words = nil, fault.Refused, []string{"approvers"}
	many.Class, many.Words = fault.Refused, []string{"11 approvers"}
	many.Params = map[string]any{"approvers": strings.Repeat("arn:aws:iam::222222222222:user/a,", 10) +
		"arn:aws:iam::222222222222:user/b"}
	hidden := ends(fault.Denied, "", same)
	hidden.Answers["DescribeResourcePolicies"] = func(any) (any, error) {
		return nil, &smithy.GenericAPIError{Code: "AccessDeniedException"}
	}
	unwell := ends(fault.Retry, "", same)
	unwell.Answers["DescribeBroker"] = func(any) (any, error) { return nil, &types.InternalServerErrorException{} }
	playbooktest.Judged(t, playbook.AuditLog()[0], brokerARN(broker), map[string]playbooktest.Shape{
		"nobody may approve": nobody, "too many approvers": many, "policies hidden": hidden, "Amazon MQ is not well": unwell,
		"RabbitMQ": ends(fault.Refused, brokersWrite, func(b *mq.DescribeBrokerOutput) {
			b.EngineType, b.Logs.Audit = types.EngineTypeRabbitmq, nil
		}, "RABBITMQ", "no audit log"),
		"reboots": ends(fault.Refused, brokersWrite, func(b *mq.DescribeBrokerOutput) {
			b.BrokerState = types.BrokerStateRebootInProgress
		}, "REBOOT_IN_PROGRESS"),
		"a version waits": ends(fault.Refused, brokersWrite, func(b *mq.DescribeBrokerOutput) {
			b.PendingEngineVersion = aws.String("5.19")
		}, "PendingEngineVersion"),
		"much waits": ends(fault.Refused, brokersWrite, func(b *mq.DescribeBrokerOutput) {
			b.PendingHostInstanceType = aws.String("mq.m5.xlarge")
			b.Configurations.Pending = &types.ConfigurationId{Id: aws.String("c-1"), Revision: aws.Int32(2)}
		}, "PendingConfiguration, PendingHostInstanceType"),
		"no policy":            ends(fault.Refused, "", same, "mq.amazonaws.com"),
		"a policy for nobody":  ends(fault.Refused, `{"Statement":[]}`, same, "mq.amazonaws.com"),
		"a policy for another": ends(fault.Refused, strings.Replace(brokersWrite, "mq.", "es.", 1), same, "stays empty"),
	})
}
