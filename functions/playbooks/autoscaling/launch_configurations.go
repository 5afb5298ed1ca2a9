package autoscaling

import (
	"maps"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// launches are a launch configuration, or the copy that took its place, and the groups that launch by them. Auto
// Scaling changes no launch configuration: all of one stays in its copy, and undo copies it back.
type launches struct {
	Configurations map[string]configuration // by name
	Groups         map[string]string        // by name, the configuration that each launches by
	Roles          []string                 `salve:"fact"` // which instances get
	Obstacle       string                   `salve:"fact"` // why the configuration has to stay
}

// configuration has the one setting that the control is about.
type configuration struct {
	Name                     string `json:"_Name"`
	HttpTokens               string `json:",omitempty"`
	AssociatePublicIpAddress *bool  `json:",omitempty"`
}

// launching is a control that changes one setting of what groups launch.
type launching struct {
	info   control.Info
	suffix string // of the copy's name
	says   func(lc *types.LaunchConfiguration, c *configuration)
	met    func(c configuration) bool
	fix    func(c *configuration)
	put    func(in *autoscaling.CreateLaunchConfigurationInput, c configuration)
}

// LaunchConfigurations returns the controls of what launch configurations launch.
func LaunchConfigurations() []control.Control {
	const rest = " Instances that run stay as they are until they are replaced, which an instance refresh does. The " +
		"launch configuration is copied under another name, its groups launch by the copy, and it is deleted: scripts and " +
		"templates that name it fail."
	return []control.Control{launching{control.Info{
		ID: "AutoScaling.3",
		Effect: "New instances answer questions about their metadata with a token alone (IMDSv2): old SDKs, agents and " +
			"scripts on them fail, and containers that ask for the role of the instance, where the hop limit is 1. Try one " +
			"first." + rest,
		Fails: control.Fails{
			When: "The launch configuration does not ask for tokens (HttpTokens is not required), also where it says nothing " +
				"about metadata, and whether a group uses it or not.",
			Rule: "autoscaling-launchconfig-requires-imdsv2",
		},
	}, "-imdsv2", func(lc *types.LaunchConfiguration, c *configuration) {
		if lc.MetadataOptions != nil {
			c.HttpTokens = string(lc.MetadataOptions.HttpTokens)
		}
	}, func(c configuration) bool {
		return c.HttpTokens == string(types.InstanceMetadataHttpTokensStateRequired)
	}, func(c *configuration) {
		c.HttpTokens = string(types.InstanceMetadataHttpTokensStateRequired)
	}, func(in *autoscaling.CreateLaunchConfigurationInput, c configuration) {
		options := types.InstanceMetadataOptions{} // the others stay
		if in.MetadataOptions != nil {
			options = *in.MetadataOptions
		}
		options.HttpTokens = types.InstanceMetadataHttpTokensState(c.HttpTokens)
		if in.MetadataOptions = &options; options == (types.InstanceMetadataOptions{}) {
			in.MetadataOptions = nil
		}
	}}.control(), launching{control.Info{
		ID: "Autoscaling.5",
		Effect: "New instances have no public IPv4 address: in subnets without a NAT gateway or endpoints they reach " +
			"nothing outside, their start scripts among it, and are reached through a load balancer alone. Look at the routes " +
			"of the groups' subnets first." + rest,
		Fails: control.Fails{
			When: "The launch configuration gives instances a public IPv4 address (AssociatePublicIpAddress is true). One " +
				"that leaves it to the subnet does not fail.",
			Rule: "autoscaling-launch-config-public-ip-disabled",
		},
	}, "-private", func(lc *types.LaunchConfiguration, c *configuration) {
		c.AssociatePublicIpAddress = lc.AssociatePublicIpAddress
	}, func(c configuration) bool {
		return !aws.ToBool(c.AssociatePublicIpAddress)
	}, func(c *configuration) {
		c.AssociatePublicIpAddress = aws.Bool(false)
	}, func(in *autoscaling.CreateLaunchConfigurationInput, c configuration) {
		in.AssociatePublicIpAddress = c.AssociatePublicIpAddress
	}}.control()}
}

func (l launching) control() control.Control {
	l.info.Writes, l.info.Impact = "autoscaling.launch-configuration", control.ImpactInterrupts
	l.info.Pattern = regexp.MustCompile(`^arn:aws[a-z-]*:autoscaling:[a-z0-9-]+:\d{12}:launchConfiguration:` +
		`[0-9a-f-]{36}:launchConfigurationName/([^\x00-\x1f\x7f:*?]{1,255})$`)
	l.info.Actions = []string{
		"autoscaling:CreateLaunchConfiguration", "autoscaling:DeleteLaunchConfiguration",
		"autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeLaunchConfigurations",
		"autoscaling:UpdateAutoScalingGroup", "ec2:DescribeImages", "iam:GetInstanceProfile",
	}
	l.info.Passes = []string{ec2Service}
	// A copy has an id in its ARN that nobody knows before, and groups are known only once they are listed.
	l.info.Narrow = func(env control.Env) []string {
		return []string{
			env.Target.ARN("autoscaling", "launchConfiguration:*"), env.Target.ARN("autoscaling", "autoScalingGroup:*"),
			env.Target.GlobalARN("iam", "instance-profile/*"),
		}
	}
	return control.Of[launches]{
		Info: l.info, Read: l.read, Want: l.want, Write: l.write, Mentions: l.mentions,
		Passed: func(_ control.Env, _, to launches) []string { return to.Roles },
	}.Control()
}

// ec2Service gets the role of instances.
const ec2Service = "ec2.amazonaws.com"

func (l launching) want(now launches, env control.Env) (launches, error) {
	is, there := now.Configurations[env.Name]
	if !there || l.met(is) {
		return now, nil
	}
	if now.Obstacle != "" {
		return now, fault.New(fault.Refused, "%s", now.Obstacle)
	}
	is.Name = l.copyOf(env.Name)
	l.fix(&is)
	delete(now.Configurations, env.Name)
	now.Configurations[is.Name] = is
	for group := range now.Groups {
		now.Groups[group] = is.Name
	}
	return now, nil
}

// unsafe are characters that no ARN in a policy may have.
var unsafe = regexp.MustCompile(`[^A-Za-z0-9_.-]`)

// longest is the length of names that Auto Scaling takes.
const longest = 255

// copyOf is the name of a configuration's copy. Where two come to the same, the second is refused.
func (l launching) copyOf(name string) string {
	name = unsafe.ReplaceAllString(name, "-")
	return name[:min(len(name), longest-len(l.suffix))] + l.suffix
}

// mentions are the groups whose instances stay.
func (l launching) mentions(now launches) []string {
	var all []string
	for _, group := range slices.Sorted(maps.Keys(now.Groups)) {
		if c, there := now.Configurations[now.Groups[group]]; there && !l.met(c) {
			all = append(all, "instances of the group "+group+" that run, until they are replaced")
		}
	}
	return all
}
