package ec2_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// atOnce is no value that people may set: the lab stops instances now, and its runbooks read the clock of the machine.
func atOnce() control.Params { return control.Params{"AllowedDays": 0} }

// noneLeft is EC2's answer about an instance that was terminated more than about an hour ago.
func noneLeft(any) (any, error) {
	return nil, &smithy.GenericAPIError{
		Code: "InvalidInstanceID.NotFound", Message: "The instance ID does not exist", Fault: smithy.FaultClient,
	}
}

// The runbook runs in the lab, as the role of its family and with its rights alone.
//
// better: EC2.4 keeps an image before the instance goes
func TestRetireInstance(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.RetireInstance()[0],
		Params:  atOnce(),
		Seed:    stoppedInstance,
		Foreign: otherInstances(),
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			return []any{described(ctx, t, root, resource).State.Name, len(images(ctx, t, root, resource))}
		},
		Skip: map[string]string{
			playbooktest.CaseGone: "the lab shows a terminated instance for good: see TestRetiredAndGone",
		},
	})
}

func stoppedInstance(ctx context.Context, t *testing.T, root aws.Config) string {
	resource := launched(ctx, t, root, nil)
	stop(ctx, t, root, resource)
	return resource
}

// images are those that were made of an instance before it was terminated.
func images(ctx context.Context, t *testing.T, root aws.Config, resource string) []types.Image {
	in := ec2.DescribeImagesInput{Filters: filter("tag:salve:retired-instance", instanceID(resource))}
	return playbooktest.Got(ec2.NewFromConfig(root).DescribeImages(ctx, &in))(t).Images
}

// What is gone says so at each step, and is never planned as something to do.
func TestRetiredAndGone(t *testing.T) {
	c := playbook.RetireInstance()[0]
	env := playbooktest.Env(t, c, instancePrefix+"i-0123456789abcdef0", playbooktest.Unplugged(),
		playbooktest.StandIn{"DescribeInstances": noneLeft})
	_, err := c.Plan(t.Context(), env)
	playbooktest.Fails(t, err, fault.Gone)
	plan := control.Plan{Control: c.ID, Target: env.Target, Changes: []control.Change{{
		Path: "Terminated", From: false, To: true,
	}}}
	_, err = c.Verify(t.Context(), env, plan)
	playbooktest.Fails(t, err, fault.Gone)
	_, err = c.PlanUndo(t.Context(), env, plan.Changes)
	playbooktest.Fails(t, err, fault.Gone)
}

// stoppedFor is an instance that somebody stopped so long before the run.
func stoppedFor(by time.Duration, change func(*types.Instance)) types.Instance {
	i := types.Instance{
		State: inState(types.InstanceStateNameStopped), RootDeviceType: types.DeviceTypeEbs,
		StateTransitionReason: aws.String("User initiated (" + lineNow().Add(-by).Format(time.DateTime) + " GMT)"),
	}
	if change != nil {
		change(&i)
	}
	return i
}

// lineNow is when the runs of TestLineOfRetirement take place.
func lineNow() time.Time { return time.Date(2026, 11, 30, 9, 15, 0, 0, time.UTC) }

// retirementShape is EC2 with one instance, protected from termination or not.
func retirementShape(fails bool, i types.Instance, protected bool) playbooktest.Shape {
	return playbooktest.Shape{Fails: fails, Answers: playbooktest.Answers(answering(i),
		&ec2.DescribeInstanceAttributeOutput{DisableApiTermination: &types.AttributeBooleanValue{Value: &protected}})}
}

// refusedShape is one that AWS fails, and that is not terminated for a reason.
func refusedShape(i types.Instance, words ...string) playbooktest.Shape {
	s := retirementShape(true, i, false)
	s.Class, s.Words = fault.Refused, words
	return s
}

// AWS fails what is stopped for more than the days it may be, and what is stopped since nobody knows when.
func TestLineOfRetirement(t *testing.T) {
	const day = 24 * time.Hour
	state := func(name types.InstanceStateName) func(*types.Instance) {
		return func(i *types.Instance) { i.State = inState(name) }
	}
	shapes := map[string]playbooktest.Shape{
		"a second over": retirementShape(true, stoppedFor(30*day+time.Second, nil), false),
		"to the second": retirementShape(false, stoppedFor(30*day, nil), false),
		"a day short":   retirementShape(false, stoppedFor(29*day, nil), false),
		"a year":        retirementShape(true, stoppedFor(365*day, nil), false),
		"runs":          retirementShape(false, stoppedFor(90*day, state(types.InstanceStateNameRunning)), false),
		"is stopping":   retirementShape(false, stoppedFor(90*day, state(types.InstanceStateNameStopping)), false),
		"starts":        retirementShape(false, stoppedFor(90*day, state(types.InstanceStateNamePending)), false),
		"shuts down":    retirementShape(false, stoppedFor(90*day, state(types.InstanceStateNameShuttingDown)), false),
		"is terminated": retirementShape(false, stoppedFor(90*day, state(types.InstanceStateNameTerminated)), false),
		"without a time": refusedShape(stoppedFor(0, func(i *types.Instance) { i.StateTransitionReason = aws.String("") }),
			"since when"),
		"without a reason": refusedShape(stoppedFor(0, func(i *types.Instance) { i.StateTransitionReason = nil }),
			"shut down from within"),
		"scales": refusedShape(stoppedFor(90*day, func(i *types.Instance) {
			i.Tags = []types.Tag{{Key: aws.String("aws:autoscaling:groupName"), Value: aws.String("web")}}
		}), "Auto Scaling group web", "detach it"),
		"spot": refusedShape(stoppedFor(90*day, func(i *types.Instance) {
			i.InstanceLifecycle = types.InstanceLifecycleTypeSpot
		}), "Spot request"),
		"instance store": refusedShape(stoppedFor(90*day, func(i *types.Instance) {
			i.RootDeviceType = types.DeviceTypeInstanceStore
		}), "not on EBS"),
		"scales, not for long": retirementShape(false, stoppedFor(day, func(i *types.Instance) {
			i.Tags = []types.Tag{{Key: aws.String("aws:autoscaling:groupName"), Value: aws.String("web")}}
		}), false),
		"no instance":             {Answers: playbooktest.Answers(&ec2.DescribeInstancesOutput{}), Class: fault.Invalid},
		"an instance in no state": {Answers: playbooktest.Answers(answering(types.Instance{})), Class: fault.Invalid},
		"no protection told": {Answers: playbooktest.Answers(answering(stoppedFor(90*day, nil)),
			&ec2.DescribeInstanceAttributeOutput{}), Class: fault.Invalid},
	}
	guarded := retirementShape(true, stoppedFor(90*day, nil), true)
	guarded.Class, guarded.Words = fault.Refused, []string{"2026-09-01", "protected from termination"}
	shapes["protected"] = guarded
	for name, days := range map[string]int{"allowed longer": 91, "allowed shorter": 7} {
		s := retirementShape(days < 90, stoppedFor(90*day, nil), false)
		s.Params = map[string]any{"AllowedDays": days}
		shapes[name] = s
	}
	playbooktest.Judged(t, playbook.RetireInstance()[0], instancePrefix+"i-0123456789abcdef0", shapes,
		playbooktest.At(lineNow()))
}

// Whoever protects or starts the instance behind a plan's back keeps it: the runbook looks itself, and nothing is left
// of its attempt.
func TestKeptByItsRunbook(t *testing.T) {
	for name, change := range map[string]playbooktest.Act{
		"protected": func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			playbooktest.Got(ec2.NewFromConfig(root).ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
				InstanceId:            aws.String(instanceID(resource)),
				DisableApiTermination: &types.AttributeBooleanValue{Value: aws.Bool(true)},
			}))(t)
		},
		"started": func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			in := ec2.StartInstancesInput{InstanceIds: []string{instanceID(resource)}}
			playbooktest.Got(ec2.NewFromConfig(root).StartInstances(ctx, &in))(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, root := playbook.RetireInstance()[0], playbooktest.Root(t)
			resource := stoppedInstance(t.Context(), t, root)
			env := playbooktest.Env(t, c, resource)
			env.Params = atOnce()
			plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
			change(t.Context(), t, root, resource)
			before := described(t.Context(), t, root, resource).State.Name
			p := playbooktest.Ended(t, nil, c, env, plan)
			if !p.Failed || p.Step != "Check" || p.Message == "" {
				t.Errorf("the runbook ended as %+v", p)
			}
			if now := described(t.Context(), t, root, resource).State.Name; now != before {
				t.Errorf("the instance is %s, it was %s", now, before)
			}
			if left := images(t.Context(), t, root, resource); len(left) > 0 {
				t.Errorf("%d images are left", len(left))
			}
		})
	}
}

// What people approve names the instance, the days and that nothing brings it back.
func TestPlanOfRetirement(t *testing.T) {
	c, root := playbook.RetireInstance()[0], playbooktest.Root(t)
	env := playbooktest.Env(t, c, stoppedInstance(t.Context(), t, root))
	env.Params = atOnce()
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if !plan.OneWay() {
		t.Error("nobody is asked")
	}
	want := map[string][]string{
		"InstanceId": {instanceID(env.Target.Resource)}, "AllowedDays": {"0"},
		"AutomationAssumeRole": {"arn:aws:iam::" + playbooktest.DefaultAccount + ":role/salve/automation/salve-retirement"},
	}
	if d := cmp.Diff(want, plan.Runbook.Parameters); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
