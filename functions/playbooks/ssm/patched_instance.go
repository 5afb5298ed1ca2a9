package ssm

import (
	"context"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/runbook"
)

// patchID accepts the patch compliance of an instance, by its own ARN, as AWS Config names such resources, and by that
// of its instance.
var patchID = regexp.MustCompile(`^arn:aws[a-z-]*:(?:ssm:[a-z0-9-]+:\d{12}:(?:patch-compliance/` +
	`(?:AWS::SSM::ManagedInstanceInventory/)?|managed-instance-inventory/)|ec2:[a-z0-9-]+:\d{12}:instance/)` +
	`(i-(?:[0-9a-f]{17}|[0-9a-f]{8}))$`)

// patching is whether an instance has the patches that its baseline asks for.
type patching struct {
	Patched bool
	Left    leftovers `salve:"fact"`
}

// leftovers are what keeps an instance from being compliant, and whether anything can be sent to it.
type leftovers struct {
	Missing, Failed, Pending, Rejected int32
	NonCompliant                       int32            // by AWS's own count, which mostly counts some of those once more
	Agent                              types.PingStatus // empty where none is known
}

const (
	noReboot = "NoReboot"
	reboot   = "RebootIfNeeded"
)

// PatchedInstance returns the control that has the patches of an instance's baseline installed.
func PatchedInstance() []control.Control {
	instance := func(env control.Env) []string { return []string{arnOf(env)} }
	return []control.Control{runbook.Runbook[patching]{
		Read: readPatching, Want: patch,
		Do: runbook.Named("Salve-PatchInstance"), Family: "patching", Parameters: patchingBy,
	}.Control(control.Info{
		ID: "SSM.2",
		Effect: "Patch Manager installs on the instance what its patch baseline asks for, and scans it again. Services " +
			"restart as their packages do it; the instance reboots only where RebootOption says so. An installation that has " +
			"begun goes on, whatever becomes of the run. Instances that an Auto Scaling group starts later have the patches " +
			"of their image.",
		Fails: control.Fails{
			When: "Patch Manager has seen patches on the instance that are missing, failed, wait for a reboot or were " +
				"rejected after they were installed, or that it counts as not compliant otherwise. What it never looked at " +
				"is not judged.",
			Rule: "ec2-managedinstance-patch-compliance-status-check",
		},
		Impact: control.ImpactInterrupts,
		Params: []control.Param{{
			Name: "RebootOption", Default: noReboot, Pattern: regexp.MustCompile(`^(NoReboot|RebootIfNeeded)$`),
			Form: noReboot + " or " + reboot,
			Meaning: "Whether the instance may reboot. Without a reboot a patch that needs one does not count, and the run " +
				"says so.",
		}},
		Pattern: patchID,
		Actions: []string{
			"ec2:DescribeInstances", "ssm:DescribeInstanceInformation", "ssm:DescribeInstancePatchStates",
		},
		OneWay: map[string]string{"Patched": "a patch that is installed is not taken out again"},
		Narrow: instance, Lock: instance,
		Settle: control.Settle{Typical: 15 * time.Minute, Within: 6 * time.Hour},
	})}
}

func readPatching(ctx context.Context, env control.Env) (patching, error) {
	if _, err := readInstance(ctx, env); err != nil { // Patch Manager remembers what is gone
		return patching{}, err
	}
	out, err := ssm.NewFromConfig(env.Config).DescribeInstancePatchStates(ctx, &ssm.DescribeInstancePatchStatesInput{
		InstanceIds: []string{env.Name},
	})
	switch {
	case err != nil:
		return patching{}, err
	case len(out.InstancePatchStates) == 0:
		return patching{Patched: true}, nil
	}
	one := out.InstancePatchStates[0]
	if aws.ToString(one.InstanceId) != env.Name {
		return patching{}, fault.New(fault.Invalid, "DescribeInstancePatchStates answered without the state of %s", env.Name)
	}
	now := patching{Left: leftovers{
		Missing: one.MissingCount, Failed: one.FailedCount,
		Pending: aws.ToInt32(one.InstalledPendingRebootCount), Rejected: aws.ToInt32(one.InstalledRejectedCount),
		NonCompliant: aws.ToInt32(one.CriticalNonCompliantCount) + aws.ToInt32(one.SecurityNonCompliantCount) +
			aws.ToInt32(one.OtherNonCompliantCount),
	}}
	if now.Left == (leftovers{}) {
		return patching{Patched: true}, nil
	}
	now.Left.Agent, err = readAgent(ctx, env)
	return now, err
}

// patch wants an instance patched that an installation can help.
func patch(now patching, env control.Env) (patching, error) {
	left := now.Left
	switch {
	case now.Patched:
		return now, nil
	case left.Agent != types.PingStatusOnline:
		return now, fault.New(fault.Refused, "the instance is not online in Systems Manager (%s): start it, or see what"+
			" keeps its agent away", told(left.Agent))
	case left.Missing+left.Failed > 0:
	case left.Pending > 0 && env.Params.Text("RebootOption") == noReboot:
		return now, fault.New(fault.Refused, "%d patches are installed and wait for a reboot: reboot the instance, or set"+
			" RebootOption to %s", left.Pending, reboot)
	case left.Pending+left.Rejected == 0:
		return now, fault.New(fault.Refused, "%d patches are not compliant by Patch Manager's count, and none of them is"+
			" missing: look at the instance's patches in Systems Manager", left.NonCompliant)
	case left.Pending == 0:
		return now, fault.New(fault.Refused, "%d patches are installed that the patch baseline rejects: no installation"+
			" takes them out; do so yourself, or change the baseline", left.Rejected)
	}
	now.Patched = true
	return now, nil
}

// told is an agent's state in words.
func told(agent types.PingStatus) string {
	if agent == "" {
		return "no agent is registered"
	}
	return string(agent)
}

// patchingBy are the parameters of the runbook.
func patchingBy(env control.Env, _, _ patching) (map[string][]string, error) {
	return map[string][]string{"InstanceId": {env.Name}, "RebootOption": {env.Params.Text("RebootOption")}}, nil
}
