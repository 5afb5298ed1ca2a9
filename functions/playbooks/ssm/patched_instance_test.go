package ssm_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	playbook "github.com/salve-security/salve/functions/playbooks/ssm"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// patchPrefix is what stands before the id of an instance in that of its patch compliance.
const patchPrefix = "arn:aws:ssm:us-east-1:222222222222:patch-compliance/AWS::SSM::ManagedInstanceInventory/"

// The runbook runs in the lab, as the role of its family and with its rights alone. Run Command and Patch Manager are
// a stand-in's: the emulators have none.
func TestPatchedInstance(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		World:   playbooktest.Serving(t, "ssm", systems),
		Control: playbook.PatchedInstance()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			return unpatched(ctx, t, root, patches{Missing: 3})
		},
		Foreign: []string{
			patchPrefix + "i-*", patchPrefix + "mi-0123456789abcdef0", "i-0123456789abcdef0",
			"arn:aws:ssm:us-east-1:222222222222:association-compliance/AWS::SSM::ManagedInstanceInventory/i-0123456789abcdef0",
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			var missing int
			systems.with(func(s *systemsManager) { missing = s.patches[idOf(resource)].Missing })
			return []any{missing, labels(ctx, t, root, resource)}
		},
		Unrelated:   label,
		DisturbFact: stop,
		Delete:      terminate,
		Skip: map[string]string{
			playbooktest.CaseDrift: "undo takes nothing back: an installed patch stays",
		},
	})
}

// unpatched is a managed instance with these patches.
func unpatched(ctx context.Context, t *testing.T, root aws.Config, p patches) string {
	id := idOf(launched(ctx, t, root))
	systems.with(func(s *systemsManager) { s.online[id], s.patches[id] = true, &p })
	return patchPrefix + id
}

// Whatever the installation is said to be, the patches that are missing decide.
func TestPatchesThatDoNotGoIn(t *testing.T) {
	for name, c := range map[string]struct {
		patches patches
		step    string
		says    string
	}{
		"the installation fails":       {patches{Missing: 3, Ends: "Failed"}, "Refuse", "ended as Failed"},
		"one of them never goes in":    {patches{Missing: 3, Never: 1}, "Prove", "'MissingCount': 1"},
		"one of them needs a reboot":   {patches{Missing: 3, Pending: 1}, "Prove", "'InstalledPendingRebootCount': 1"},
		"somebody cancels the command": {patches{Missing: 3, Ends: "Cancelled"}, "Refuse", "ended as Cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			c0, w := playbook.PatchedInstance()[0], playbooktest.Serving(t, "ssm", systems)
			resource := unpatched(t.Context(), t, w.Root(playbooktest.DefaultAccount), c.patches)
			env := playbooktest.Env(t, c0, resource, playbooktest.On(w))
			plan := playbooktest.Got(c0.Plan(t.Context(), env))(t)
			if !plan.OneWay() {
				t.Error("nobody is asked about what cannot be taken back")
			}
			p := playbooktest.Ended(t, w, c0, env, plan)
			if !p.Failed || p.Step != c.step || !strings.Contains(p.Message, c.says) {
				t.Errorf("the runbook ended as %+v", p)
			}
			seen, err := c0.Verify(t.Context(), env, plan)
			if class := fault.Of(err); class != fault.None && class != fault.Refused || err == nil && len(seen.Left) != 1 {
				t.Errorf("left are %v, %v", seen.Left, err)
			}
		})
	}
}

// A runbook that ended well is no proof: the baseline asks for more since.
func TestPatchesSinceThen(t *testing.T) {
	c, w := playbook.PatchedInstance()[0], playbooktest.Serving(t, "ssm", systems)
	resource := unpatched(t.Context(), t, w.Root(playbooktest.DefaultAccount), patches{Missing: 3})
	env := playbooktest.Env(t, c, resource, playbooktest.On(w))
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if p := playbooktest.Ended(t, w, c, env, plan); !p.Over || p.Failed {
		t.Fatalf("the runbook ended as %+v", p)
	}
	systems.with(func(s *systemsManager) { s.patches[idOf(resource)].Missing = 1 })
	if seen := playbooktest.Got(c.Verify(t.Context(), env, plan))(t); len(seen.Left) != 1 {
		t.Errorf("left are %v", seen.Left)
	}
}

// patchShape is what Patch Manager says of an instance, and Systems Manager of its agent.
func patchShape(fails bool, one types.InstancePatchState, words ...string) playbooktest.Shape {
	one.InstanceId = aws.String(lineID)
	running := ec2types.Instance{State: &ec2types.InstanceState{Name: ec2types.InstanceStateNameRunning}}
	s := playbooktest.Shape{Fails: fails, Answers: playbooktest.Answers(
		&ec2.DescribeInstancesOutput{Reservations: []ec2types.Reservation{{Instances: []ec2types.Instance{running}}}},
		&ssm.DescribeInstanceInformationOutput{InstanceInformationList: []types.InstanceInformation{{
			InstanceId: one.InstanceId, PingStatus: types.PingStatusOnline,
		}}},
		&ssm.DescribeInstancePatchStatesOutput{InstancePatchStates: []types.InstancePatchState{one}})}
	if len(words) > 0 {
		s.Class, s.Words = fault.Refused, words
	}
	return s
}

// beside answers one call otherwise.
func beside(s playbooktest.Shape, output any) playbooktest.Shape {
	answers := maps.Clone(s.Answers)
	maps.Copy(answers, playbooktest.Answers(output))
	s.Answers = answers
	return s
}

// AWS fails an instance with a patch that is missing, failed, waits for a reboot or was rejected; none of what is not
// applicable, and none that the baseline does not ask for.
func TestLineOfPatches(t *testing.T) {
	type state = types.InstancePatchState
	missing := patchShape(true, state{MissingCount: 1})
	away := func(agents ...types.InstanceInformation) playbooktest.Shape {
		return beside(patchShape(true, state{MissingCount: 1}, "not online"),
			&ssm.DescribeInstanceInformationOutput{InstanceInformationList: agents})
	}
	mayReboot := patchShape(true, state{InstalledPendingRebootCount: aws.Int32(2)})
	mayReboot.Params = map[string]any{"RebootOption": "RebootIfNeeded"}
	playbooktest.Judged(t, playbook.PatchedInstance()[0], patchPrefix+lineID, map[string]playbooktest.Shape{
		"missing": missing,
		"failed":  patchShape(true, state{FailedCount: 1}),
		"all in":  patchShape(false, state{InstalledCount: 70, InstalledOtherCount: 400}),
		"not applicable": patchShape(false, state{
			NotApplicableCount: 2000, UnreportedNotApplicableCount: aws.Int32(90),
		}),
		"none at all": patchShape(false, state{}),
		"waits for a reboot": patchShape(true, state{
			InstalledPendingRebootCount: aws.Int32(2),
		}, "2 patches", "wait for a reboot"),
		"may reboot":              mayReboot,
		"rejected":                patchShape(true, state{InstalledRejectedCount: aws.Int32(1)}, "baseline rejects"),
		"rejected and missing":    patchShape(true, state{InstalledRejectedCount: aws.Int32(1), MissingCount: 1}),
		"critical by AWS's count": patchShape(true, state{CriticalNonCompliantCount: aws.Int32(1)}, "not compliant", "none"),
		"security by AWS's count": patchShape(true, state{SecurityNonCompliantCount: aws.Int32(1)}, "not compliant"),
		"other by AWS's count":    patchShape(true, state{OtherNonCompliantCount: aws.Int32(1)}, "not compliant"),
		"counted twice":           patchShape(true, state{MissingCount: 1, OtherNonCompliantCount: aws.Int32(1)}),
		"zeros, told": patchShape(false, state{
			InstalledPendingRebootCount: aws.Int32(0), InstalledRejectedCount: aws.Int32(0),
		}),
		"never looked at":      beside(patchShape(false, state{}), &ssm.DescribeInstancePatchStatesOutput{}),
		"not managed any more": away(),
		"connection lost":      away(types.InstanceInformation{InstanceId: aws.String(lineID), PingStatus: "ConnectionLost"}),
		"the state of another": {Class: fault.Invalid, Answers: beside(missing, &ssm.DescribeInstancePatchStatesOutput{
			InstancePatchStates: []types.InstancePatchState{{InstanceId: aws.String("i-00000000")}},
		}).Answers},
		"no instance": {Answers: playbooktest.Answers(&ec2.DescribeInstancesOutput{}), Class: fault.Invalid},
	})
}

// Findings may name the patch compliance or the instance.
func TestPatchIDs(t *testing.T) {
	playbooktest.Accepts(t, playbook.PatchedInstance()[0], map[string]string{
		patchPrefix + lineID:    lineID,
		instancePrefix + lineID: lineID,
		"arn:aws-cn:ssm:cn-north-1:222222222222:patch-compliance/" + lineID:                   lineID,
		"arn:aws-us-gov:ssm:us-gov-west-1:222222222222:managed-instance-inventory/i-01234567": "i-01234567",
		patchPrefix + "mi-0123456789abcdef0":                                                  "",
		"arn:aws:ssm:us-east-1:222222222222:patchbaseline/pb-0123456789abcdef0":               "",
	})
}
