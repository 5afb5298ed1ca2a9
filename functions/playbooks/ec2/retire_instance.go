package ec2

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/runbook"
)

// retirement is an instance on its way out. That it is stopped is no part of what is written: who starts it meanwhile
// is seen by the runbook, right before the end.
type retirement struct {
	Terminated bool    // or about to be
	Stopped    stopped `salve:"fact"`
}

// stopped is what is known of an instance that is there.
type stopped struct {
	State string
	Since time.Time `json:",omitzero"` // since when it is stopped, where EC2 says so
	// What keeps it, or something like it, alive.
	Group     string // the Auto Scaling group it belongs to
	Spot      bool
	Protected bool // from termination
	Root      string
}

// RetireInstance returns the control that terminates instances that have been stopped for long, after an image of each.
func RetireInstance() []control.Control {
	return []control.Control{runbook.Runbook[retirement]{
		Read: readRetirement, Want: retire,
		Do: runbook.Named("Salve-RetireInstance"), Family: "retirement", Parameters: retiring,
	}.Control(control.Info{
		ID: "EC2.4",
		Effect: "An image of the instance is made, with a snapshot of each volume; then the instance is terminated. " +
			"Its id, its private addresses and the volumes that are deleted with it are gone. The image has the tag " +
			"salve:retired-instance; it costs storage until somebody deletes it. An Elastic IP address stays and costs too.",
		Fails: control.Fails{
			When: "The instance has been stopped for longer than the days it may be (30, unless Security Hub was told " +
				"otherwise), or it is stopped and nobody knows since when.",
			Rule: "ec2-stopped-instance",
		},
		Impact: control.ImpactDestructive,
		Params: []control.Param{{
			Name: "AllowedDays", Meaning: "Days that an instance may be stopped, as Security Hub has them for EC2.4.",
			Default: 30, Min: 1, Max: 365,
		}},
		Pattern: instanceARN,
		Actions: []string{"ec2:DescribeInstanceAttribute", "ec2:DescribeInstances"},
		OneWay: map[string]string{
			"Terminated": "a terminated instance does not come back; another one can be launched from its image",
		},
		Removes: true,
		// The image of large volumes may take hours, and the runbook waits six.
		Settle: control.Settle{Typical: 10 * time.Minute, Within: 7 * time.Hour},
	})}
}

// sinceWhen is how EC2 says when a call stopped an instance: "User initiated (2026-11-30 09:15:00 GMT)". Of one that
// was shut down from within it says nothing. Source: EC2 API reference, Instance, StateTransitionReason.
var sinceWhen = regexp.MustCompile(`\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)`)

func readRetirement(ctx context.Context, env control.Env) (retirement, error) {
	found, state, err := readInstance(ctx, env)
	if err != nil {
		return retirement{}, err
	}
	now := retirement{Terminated: ending(state), Stopped: stopped{
		State: string(state), Group: tagOf(found, scalingGroup),
		Spot: found.InstanceLifecycle == types.InstanceLifecycleTypeSpot, Root: string(found.RootDeviceType),
	}}
	if state != types.InstanceStateNameStopped {
		return now, nil
	}
	if told := sinceWhen.FindStringSubmatch(aws.ToString(found.StateTransitionReason)); told != nil {
		if now.Stopped.Since, err = time.Parse(time.DateTime, told[1]); err != nil {
			return retirement{}, fault.New(fault.Invalid, "EC2 says that the instance was stopped at %s: %w", told[1], err)
		}
	}
	about, err := ec2.NewFromConfig(env.Config).DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{
		InstanceId: &env.Name, Attribute: types.InstanceAttributeNameDisableApiTermination,
	})
	if err != nil {
		return retirement{}, err
	}
	protection, err := kind.Answered(about.DisableApiTermination, "DescribeInstanceAttribute", "the protection")
	now.Stopped.Protected = aws.ToBool(protection.Value)
	return now, err
}

// retire wants an instance terminated that AWS fails and nothing keeps.
func retire(now retirement, env control.Env) (retirement, error) {
	is := now.Stopped
	switch allowed := time.Duration(env.Params.Int("AllowedDays")) * 24 * time.Hour; {
	case env.Now.IsZero():
		return now, errors.New("the run has no time: how long the instance has been stopped cannot be told")
	case now.Terminated, is.State != string(types.InstanceStateNameStopped):
		return now, nil
	case is.Since.IsZero():
		return now, fault.New(fault.Refused, "EC2 does not say since when the instance is stopped, as of one that was shut"+
			" down from within: terminate it yourself, or start it and stop it by the console, from when it counts")
	case env.Now.Sub(is.Since) <= allowed:
		return now, nil
	}
	if why := is.kept(); why != "" {
		return now, fault.New(fault.Refused, "the instance has been stopped since %s, and is not terminated: %s",
			is.Since.Format(time.DateOnly), why)
	}
	now.Terminated = true
	return now, nil
}

// kept says why an instance is not terminated, and what a person can do instead; nothing where it can be.
func (s stopped) kept() string {
	switch {
	case s.Protected:
		return "it is protected from termination; take the protection off if nobody needs it"
	case s.Group != "":
		return "it belongs to the Auto Scaling group " + s.Group + ", which may replace it; detach it, or change the group"
	case s.Spot:
		return "it belongs to a Spot request, which may start another; cancel the request, and terminate it then"
	case s.Root != string(types.DeviceTypeEbs):
		return "its root volume is not on EBS, so there can be no image of it"
	}
	return ""
}

// retiring are the parameters of the runbook. It looks at all again itself.
func retiring(env control.Env, _, _ retirement) (map[string][]string, error) {
	return map[string][]string{
		"InstanceId": {env.Name}, "AllowedDays": {strconv.Itoa(env.Params.Int("AllowedDays"))},
	}, nil
}
