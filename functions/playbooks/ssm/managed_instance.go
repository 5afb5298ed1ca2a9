// Package ssm holds the playbooks for Systems Manager.
package ssm

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/runbook"
)

const (
	// instanceRoles is the path of the roles that runbooks may give to instances: their family may pass on no others.
	instanceRoles = names.InstanceRoles
	// ownProfile is the profile that the member stack makes of one, where it is told so.
	ownProfile = "salve-managed-instance"
)

// profileName is what IAM takes as the name of an instance profile.
var profileName = regexp.MustCompile(`^[A-Za-z0-9+=,.@_-]{1,128}$`)

// registered is what an agent is that Systems Manager knows, and hears of where its instance runs.
const registered = "registered"

// management is how Systems Manager reaches an instance.
type management struct {
	Agent   string   `json:",omitempty"` // registered, or nothing
	Profile string   `json:",omitempty"` // ARN of the instance profile
	Offer   offering `salve:"fact"`
}

// offering is what can be done for an instance that nobody manages.
type offering struct {
	State   string // of the instance
	Silent  string // as what Systems Manager has the agent of an instance that runs, where it does not hear of it
	Profile string // ARN of the profile that it would get
	Lacks   string // why that profile is none to give
}

// ManagedInstance returns the control that has instances managed by Systems Manager.
func ManagedInstance() []control.Control {
	return []control.Control{runbook.Runbook[management]{
		Read: readManagement, Want: manage,
		Do: runbook.Named("Salve-ManageInstance"), Family: "managing", Parameters: managing,
	}.Control(control.Info{
		ID: "SSM.1",
		Effect: "The instance gets an instance profile, so that its agent can register with Systems Manager: whoever may " +
			"use Systems Manager in the account can run commands on the instance then, and programs on it have the rights " +
			"of the profile. An instance that has another profile is left alone. The instances that an Auto Scaling group " +
			"starts later get no profile by this.",
		Fails: control.Fails{
			When: "The instance, running or stopped, is not among the managed nodes of Systems Manager; or it runs, and its " +
				"agent does not. A stopped instance that is one of them passes.",
			Rule: "ec2-instance-managed-by-systems-manager",
		},
		Impact: control.ImpactNone,
		Params: []control.Param{{
			Name: "InstanceProfileName", Default: ownProfile, Pattern: profileName,
			Meaning: "Name of the instance profile for instances without one. Its role has the path " + instanceRoles +
				" and the policy AmazonSSMManagedInstanceCore. The default is the one that the member stack makes where its " +
				"parameter InstanceProfile is Made.",
		}},
		Pattern: instanceARN,
		Actions: []string{"ec2:DescribeInstances", "iam:GetInstanceProfile", "ssm:DescribeInstanceInformation"},
		OneWay: map[string]string{
			"Agent":   "an agent that has registered stays known",
			"Profile": "agent and programs may rely on the profile by then: take it away by hand if they do not",
		},
		Narrow: func(env control.Env) []string {
			t := env.Target
			return []string{t.Resource, t.GlobalARN("iam", "instance-profile/*")}
		},
		// An agent asks for new credentials within an hour, and the runbook waits 90 minutes.
		Settle: control.Settle{Typical: 10 * time.Minute, Within: 2 * time.Hour},
	})}
}

func readManagement(ctx context.Context, env control.Env) (management, error) {
	found, err := readInstance(ctx, env)
	if err != nil {
		return management{}, err
	}
	now := management{Offer: offering{State: string(found.State.Name)}}
	if found.IamInstanceProfile != nil {
		now.Profile = aws.ToString(found.IamInstanceProfile.Arn)
	}
	ping, err := readAgent(ctx, env)
	if err != nil {
		return management{}, err
	}
	switch running := found.State.Name == ec2types.InstanceStateNameRunning; {
	case ping == "":
		return now, now.Offer.find(ctx, env)
	case running && ping != types.PingStatusOnline:
		now.Offer.Silent = string(ping)
	default:
		now.Agent = registered
	}
	return now, nil
}

// profileFor is the profile that instances get: the one that a person names, else that of the member's stack.
func profileFor(env control.Env) string {
	name := env.Params.Text("InstanceProfileName")
	if name == ownProfile {
		return env.Target.Home.Name(ownProfile)
	}
	return name
}

// find looks for the profile that instances get. What its role may do is looked at by the runbook.
func (o *offering) find(ctx context.Context, env control.Env) error {
	name := profileFor(env)
	out, err := iam.NewFromConfig(env.Config).GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{
		InstanceProfileName: &name,
	})
	if fault.Of(err) == fault.Gone { // the profile, not the instance
		o.Lacks = "there is no instance profile " + name
		return nil
	}
	if err != nil {
		return err
	}
	profile, err := kind.Answered(out.InstanceProfile, "GetInstanceProfile", "a profile")
	switch {
	case err != nil:
		return err
	case len(profile.Roles) == 0:
		o.Lacks = "instance profile " + name + " has no role"
	case !strings.HasPrefix(aws.ToString(profile.Roles[0].Path), env.Target.Home.Below(instanceRoles)):
		o.Lacks = "the role of instance profile " + name + " has another path than " + env.Target.Home.Below(instanceRoles)
	default:
		o.Profile, err = kind.Answered(profile.Arn, "GetInstanceProfile", "the profile's ARN")
	}
	return err
}

// manage wants the agent registered, by the profile that is offered.
func manage(now management, env control.Env) (management, error) {
	switch o := now.Offer; {
	case now.Agent != "":
		return now, nil
	case o.Silent != "":
		return now, fault.New(fault.Refused, "the agent registered once and is %s: see whether it runs, may use Systems"+
			" Manager by its profile, and reaches it", o.Silent)
	case o.State != string(ec2types.InstanceStateNameRunning):
		return now, fault.New(fault.Refused, "the instance is %s, and its agent never registered: start it first", o.State)
	case now.Profile != "" && now.Profile != o.Profile:
		return now, fault.New(fault.Refused, "the instance has the profile %s, and its agent has not registered: give the"+
			" profile's role the policy AmazonSSMManagedInstanceCore, and see whether the agent runs and reaches Systems"+
			" Manager", now.Profile)
	case o.Lacks != "":
		return now, fault.New(fault.Refused, "%s: deploy the member stack with InstanceProfile=Made, or set"+
			" InstanceProfileName to a profile whose role has the path %s and the policy AmazonSSMManagedInstanceCore",
			o.Lacks, env.Target.Home.Below(instanceRoles))
	}
	now.Agent, now.Profile = registered, now.Offer.Profile
	return now, nil
}

// managing are the parameters of the runbook.
func managing(env control.Env, _, _ management) (map[string][]string, error) {
	return map[string][]string{
		"InstanceId": {env.Name}, "InstanceProfileName": {profileFor(env)},
	}, nil
}
