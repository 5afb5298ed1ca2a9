package ssm_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/ssm"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// agents is the name of a profile as the member stack can make it.
const agents = "suite-agents"

func given() control.Params { return control.Params{"InstanceProfileName": agents} }

// The runbook runs in the lab, as the role of its family and with its rights alone. Agents are a stand-in's: the
// emulators have none.
func TestManagedInstance(t *testing.T) {
	w := playbooktest.Serving(t, "ssm", systems)
	systems.ask(w.Root(playbooktest.DefaultAccount))
	newProfile(t.Context(), t, w.Root(playbooktest.DefaultAccount), agents, "/salve/instances/")
	playbooktest.Run(t, playbooktest.Suite{
		World:   w,
		Control: playbook.ManagedInstance()[0],
		Params:  given(),
		Seed:    launched,
		Foreign: []string{
			instancePrefix + "i-*", instancePrefix + "i-0123456789abcdef", "i-0123456789abcdef0",
			"arn:aws:ec2:us-east-1:222222222222:volume/i-0123456789abcdef0",
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			return append(labels(ctx, t, root, resource), profileOf(ctx, root, idOf(resource)))
		},
		Unrelated:   label,
		DisturbFact: stop,
		Delete:      terminate,
		Skip: map[string]string{
			playbooktest.CaseDrift: "undo takes nothing back: a registered agent stays known, and may need its profile",
		},
	})
}

// An agent that never registers leaves the instance as it was: the runbook takes away what did not help.
//
// better: SSM.1 gives no profile that lets the instance do more than an agent needs
func TestAnAgentThatIsSilent(t *testing.T) {
	c, w := playbook.ManagedInstance()[0], playbooktest.Serving(t, "ssm", systems)
	root := w.Root(playbooktest.DefaultAccount)
	systems.ask(root)
	const name = "suite-modest"
	newProfile(t.Context(), t, root, name, "/salve/instances/")
	resource := launched(t.Context(), t, root)
	env := playbooktest.Env(t, c, resource, playbooktest.On(w))
	env.Params = control.Params{"InstanceProfileName": name}
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if plan.OneWay() {
		t.Error("what only adds has to be approved")
	}
	// Somebody gives the profile's role more than an agent needs: the plan does not see it, and the runbook does.
	playbooktest.Got(iam.NewFromConfig(root).AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{
		RoleName: aws.String(name), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess"),
	}))(t)
	if p := playbooktest.Ended(t, w, c, env, plan); !p.Failed || p.Step != "Check" {
		t.Errorf("the runbook ended as %+v", p)
	}
	if now := profileOf(t.Context(), root, idOf(resource)); now != "" {
		t.Errorf("the instance has the profile %s", now)
	}
	seen := playbooktest.Got(c.Verify(t.Context(), env, plan))(t)
	if len(seen.Left) != 2 {
		t.Errorf("left are %v", seen.Left)
	}
}

// node is an instance and its agent as AWS may show them.
type node struct {
	instance ec2types.Instance
	agent    []types.InstanceInformation
	profile  *iamtypes.InstanceProfile
}

// unmanaged is a running instance without a profile, and a profile to give.
func unmanaged(changes ...func(*node)) node {
	n := node{
		instance: ec2types.Instance{State: &ec2types.InstanceState{Name: ec2types.InstanceStateNameRunning}},
		profile: &iamtypes.InstanceProfile{
			Arn:   aws.String("arn:aws:iam::222222222222:instance-profile/salve/instances/agents"),
			Roles: []iamtypes.Role{{Path: aws.String("/salve/instances/")}},
		},
	}
	for _, change := range changes {
		change(&n)
	}
	return n
}

func (n node) shape(fails bool, words ...string) playbooktest.Shape {
	s := playbooktest.Shape{Fails: fails, Answers: playbooktest.Answers(
		&ec2.DescribeInstancesOutput{Reservations: []ec2types.Reservation{{Instances: []ec2types.Instance{n.instance}}}},
		&ssm.DescribeInstanceInformationOutput{InstanceInformationList: n.agent},
		&iam.GetInstanceProfileOutput{InstanceProfile: n.profile})}
	if n.profile == nil {
		s.Answers["GetInstanceProfile"] = func(any) (any, error) {
			none := &smithy.GenericAPIError{Code: "NoSuchEntity", Message: "there is none"}
			return nil, &smithy.OperationError{ServiceID: "IAM", OperationName: "GetInstanceProfile", Err: none}
		}
	}
	if len(words) > 0 {
		s.Class, s.Words = fault.Refused, words
	}
	return s
}

// lineID is the instance of the tests without a lab.
const lineID = "i-0123456789abcdef0"

// ping lets the agent be known, and in a state.
func ping(status types.PingStatus) func(*node) {
	return func(n *node) {
		n.agent = []types.InstanceInformation{{InstanceId: aws.String(lineID), PingStatus: status}}
	}
}

func in(state ec2types.InstanceStateName) func(*node) {
	return func(n *node) { n.instance.State.Name = state }
}

func profile(arn string) func(*node) {
	return func(n *node) { n.instance.IamInstanceProfile = &ec2types.IamInstanceProfile{Arn: &arn} }
}

// AWS fails an instance that Systems Manager does not know, whether it runs or is stopped, and whatever its profile;
// and one that runs with an agent that does not. Source: AWS Config, ec2-instance-managed-by-systems-manager.
func TestLineOfManagement(t *testing.T) {
	const ours = "arn:aws:iam::222222222222:instance-profile/salve/instances/agents"
	gone := func(n node) playbooktest.Shape {
		return playbooktest.Shape{Answers: n.shape(false).Answers, Class: fault.Gone}
	}
	invalid := func(n node) playbooktest.Shape {
		return playbooktest.Shape{Answers: n.shape(false).Answers, Class: fault.Invalid}
	}
	playbooktest.Judged(t, playbook.ManagedInstance()[0], instancePrefix+lineID, map[string]playbooktest.Shape{
		"unknown":                       unmanaged().shape(true),
		"online":                        unmanaged(ping(types.PingStatusOnline)).shape(false),
		"online with a profile":         unmanaged(ping(types.PingStatusOnline), profile("arn:x")).shape(false),
		"connection lost":               unmanaged(ping(types.PingStatusConnectionLost)).shape(true, "is ConnectionLost"),
		"stopped, known":                unmanaged(ping(types.PingStatusConnectionLost), in("stopped")).shape(false),
		"inactive":                      unmanaged(ping(types.PingStatusInactive)).shape(true, "once and is Inactive"),
		"stops, known":                  unmanaged(ping(types.PingStatusConnectionLost), in("stopping")).shape(false),
		"stopped, unknown":              unmanaged(in("stopped")).shape(true, "the instance is stopped", "start it first"),
		"pending":                       unmanaged(in("pending")).shape(true, "is pending"),
		"with the profile, unknown":     unmanaged(profile(ours)).shape(true),
		"with another profile, unknown": unmanaged(profile("arn:x")).shape(true, "has the profile arn:x", "reaches Systems"),
		"no profile to give": unmanaged(func(n *node) {
			n.profile = nil
		}).shape(true, "no instance profile", "InstanceProfile=Made"),
		"a profile without a role": unmanaged(func(n *node) { n.profile.Roles = nil }).shape(true, "has no role"),
		"a role of another path": unmanaged(func(n *node) {
			n.profile.Roles[0].Path = aws.String("/")
		}).shape(true, "another path than /salve/instances/"),
		"known, no profile to give": unmanaged(ping(types.PingStatusOnline), func(n *node) { n.profile = nil }).shape(false),
		"terminated":                gone(unmanaged(in("terminated"), ping(types.PingStatusConnectionLost))),
		"shuts down":                gone(unmanaged(in("shutting-down"))),
		"no state":                  invalid(unmanaged(func(n *node) { n.instance.State = nil })),
		"no name of the profile":    invalid(unmanaged(func(n *node) { n.profile.Arn = nil })),
		"an agent of another": invalid(unmanaged(func(n *node) {
			n.agent = []types.InstanceInformation{{InstanceId: aws.String("i-00000000"), PingStatus: "Online"}}
		})),
		"an agent in no state": invalid(unmanaged(ping(""))),
		"no instance":          {Answers: playbooktest.Answers(&ec2.DescribeInstancesOutput{}), Class: fault.Invalid},
	})
}
