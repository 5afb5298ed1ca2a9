package autoscaling_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	playbook "github.com/salve-security/salve/functions/playbooks/autoscaling"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// configurations has the start of the ARNs of launch configurations.
const configurations = "arn:aws:autoscaling:us-east-1:222222222222:launchConfiguration:" +
	"11111111-2222-3333-4444-555555555555:launchConfigurationName/"

// full is a launch configuration that says much, and fails both controls.
func full(in *autoscaling.CreateLaunchConfigurationInput) {
	in.AssociatePublicIpAddress, in.EbsOptimized = aws.Bool(true), aws.Bool(true)
	in.MetadataOptions = &types.InstanceMetadataOptions{
		HttpTokens: "optional", HttpPutResponseHopLimit: aws.Int32(2), HttpEndpoint: "enabled",
	}
	in.UserData, in.SecurityGroups = aws.String("IyEvYmluL3NoCg=="), []string{"sg-1", "sg-2"}
	in.InstanceMonitoring = &types.InstanceMonitoring{Enabled: aws.Bool(true)}
	in.BlockDeviceMappings = []types.BlockDeviceMapping{{
		DeviceName: aws.String("/dev/xvda"), Ebs: &types.Ebs{VolumeSize: aws.Int32(20), Encrypted: aws.Bool(true)},
	}}
}

func listed(ctx context.Context, t *testing.T, root aws.Config, resource string) []types.LaunchConfiguration {
	out := playbooktest.Got(autoscaling.NewFromConfig(root).DescribeLaunchConfigurations(ctx, nil))(t)
	return slices.DeleteFunc(out.LaunchConfigurations, func(lc types.LaunchConfiguration) bool {
		return !strings.HasPrefix(*lc.LaunchConfigurationName, *name(resource))
	})
}

// grouped is somebody who changes the group that launches by the configuration.
func grouped(how func(in *autoscaling.UpdateAutoScalingGroupInput)) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		in := &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: name(resource)}
		how(in)
		playbooktest.Got(autoscaling.NewFromConfig(root).UpdateAutoScalingGroup(ctx, in))(t)
	}
}

func TestLaunchConfigurations(t *testing.T) {
	root := playbooktest.Root(t)
	users, profile := iam.NewFromConfig(root), aws.String("suite")
	playbooktest.Got(users.CreateInstanceProfile(t.Context(), &iam.CreateInstanceProfileInput{
		InstanceProfileName: profile,
	}))(t)
	other := launchConfiguration(t.Context(), t, root, nil)
	playbooktest.Family(t, playbook.LaunchConfigurations(), func(c control.Control) playbooktest.Suite {
		return playbooktest.Suite{
			Control: c,
			Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
				name := launchConfiguration(ctx, t, root, func(in *autoscaling.CreateLaunchConfigurationInput) {
					full(in)
					in.IamInstanceProfile = profile
				})
				playbooktest.Got(autoscaling.NewFromConfig(root).CreateAutoScalingGroup(ctx,
					&autoscaling.CreateAutoScalingGroupInput{
						AutoScalingGroupName: name, MinSize: aws.Int32(0), MaxSize: aws.Int32(1),
						LaunchConfigurationName: name, AvailabilityZones: []string{"us-east-1a"},
					}))(t)
				return configurations + *name
			},
			Foreign: []string{"web", configurations + "*", configurations + "a?", arns + "web"},
			Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
				all := listed(ctx, t, root, resource)
				for i := range all {
					all[i].CreatedTime, all[i].LaunchConfigurationARN = nil, nil
					all[i].LaunchConfigurationName = aws.String(strings.TrimPrefix(*all[i].LaunchConfigurationName, *name(resource)))
				}
				g := group(ctx, t, root, resource)
				return []any{all, strings.TrimPrefix(aws.ToString(g.LaunchConfigurationName), *name(resource)), g.MaxSize}
			},
			Disturb:   grouped(func(in *autoscaling.UpdateAutoScalingGroupInput) { in.LaunchConfigurationName = other }),
			Unrelated: grouped(func(in *autoscaling.UpdateAutoScalingGroupInput) { in.MaxSize = aws.Int32(7) }),
			DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				playbooktest.Got(autoscaling.NewFromConfig(root).CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{
					Tags: []types.Tag{{
						Key: aws.String("elasticbeanstalk:environment-name"), Value: aws.String("shop"), ResourceId: name(resource),
						ResourceType: aws.String("auto-scaling-group"), PropagateAtLaunch: aws.Bool(true),
					}},
				}))(t)
			},
			Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				client := autoscaling.NewFromConfig(root)
				playbooktest.Got(client.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{
					AutoScalingGroupName: name(resource), ForceDelete: aws.Bool(true),
				}))(t)
				for _, lc := range listed(ctx, t, root, resource) {
					in := &autoscaling.DeleteLaunchConfigurationInput{LaunchConfigurationName: lc.LaunchConfigurationName}
					playbooktest.Got(client.DeleteLaunchConfiguration(ctx, in))(t)
				}
			},
			Skip: map[string]string{
				playbooktest.CaseNarrow: "a copy has an id that nobody knows before: the rights are for all launch configurations",
			},
			Unseen: map[string]string{"ec2:DescribeImages": "Auto Scaling looks for the image in the name of who names it"},
		}
	})
}

// launched answers with launch configurations, the group that launches by the first, and one that has a template.
func launched(tags map[string]string, all ...types.LaunchConfiguration) playbooktest.StandIn {
	pool := types.AutoScalingGroup{AutoScalingGroupName: aws.String("pool")}
	for key, value := range tags {
		pool.Tags = append(pool.Tags, types.TagDescription{Key: &key, Value: &value})
	}
	if len(all) > 0 {
		pool.LaunchConfigurationName = all[0].LaunchConfigurationName
	}
	template := types.AutoScalingGroup{
		AutoScalingGroupName: aws.String("new"), LaunchTemplate: &types.LaunchTemplateSpecification{},
	}
	return playbooktest.Answers(&autoscaling.DescribeLaunchConfigurationsOutput{LaunchConfigurations: all},
		&autoscaling.DescribeAutoScalingGroupsOutput{AutoScalingGroups: []types.AutoScalingGroup{template, pool}},
		&iam.GetInstanceProfileOutput{InstanceProfile: &iamtypes.InstanceProfile{
			Roles: []iamtypes.Role{{Arn: aws.String("arn:aws:iam::222222222222:role/web")}},
		}})
}

func web(how ...func(lc *types.LaunchConfiguration)) types.LaunchConfiguration {
	lc := types.LaunchConfiguration{LaunchConfigurationName: aws.String("web"), ImageId: aws.String("ami-1")}
	for _, h := range how {
		h(&lc)
	}
	return lc
}

func public(v *bool) func(*types.LaunchConfiguration) {
	return func(lc *types.LaunchConfiguration) { lc.AssociatePublicIpAddress = v }
}

func tokens(v types.InstanceMetadataHttpTokensState) func(*types.LaunchConfiguration) {
	return func(lc *types.LaunchConfiguration) {
		lc.MetadataOptions = &types.InstanceMetadataOptions{HttpTokens: v, HttpEndpoint: "enabled"}
	}
}

func profiled(lc *types.LaunchConfiguration) {
	lc.IamInstanceProfile = aws.String("arn:aws:iam::222222222222:instance-profile/a/web")
}

func TestLaunchConfigurationsFailWhereAWSDoes(t *testing.T) {
	gone := launched(nil, web(profiled, public(aws.Bool(true))))
	gone["GetInstanceProfile"] = func(any) (any, error) { return nil, &iamtypes.NoSuchEntityException{} }
	refused := func(tag, word string) playbooktest.Shape {
		answers := launched(map[string]string{tag: "shop"}, web(public(aws.Bool(true))))
		return playbooktest.Shape{Answers: answers, Class: fault.Refused, Words: []string{word}}
	}
	for id, shapes := range map[string]map[string]playbooktest.Shape{
		"AutoScaling.3": {
			"required": {Answers: launched(nil, web(tokens("required")))},
			"optional": {Answers: launched(nil, web(tokens("optional"))), Fails: true},
			"empty":    {Answers: launched(nil, web(tokens(""))), Fails: true},
			"not said": {Answers: launched(nil, web()), Fails: true},
			"public":   {Answers: launched(nil, web(tokens("required"), public(aws.Bool(true))))},
			"deleted":  {Answers: launched(nil), Class: fault.Gone},
		},
		"Autoscaling.5": {
			"public":         {Answers: launched(nil, web(public(aws.Bool(true)))), Fails: true},
			"private":        {Answers: launched(nil, web(public(aws.Bool(false))))},
			"of the subnet":  {Answers: launched(nil, web())},
			"deleted":        {Answers: launched(nil), Class: fault.Gone},
			"of a stack":     refused("aws:cloudformation:stack-name", "template of the stack shop"),
			"of beanstalk":   refused("elasticbeanstalk:environment-name", "environment shop"),
			"profile gone":   {Answers: gone, Class: fault.Refused, Words: []string{"instance profile web"}},
			"and no matter":  {Answers: launched(map[string]string{"aws:cloudformation:stack-name": "shop"}, web())},
			"tags of others": {Answers: launched(map[string]string{"team": "shop"}, web(public(aws.Bool(true)))), Fails: true},
		},
	} {
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.LaunchConfigurations(), id), configurations+"web", shapes)
	}
}

// better: AutoScaling.3 keeps the whole old launch configuration for undo, reads groups with a launch template
// better: Autoscaling.5 keeps the whole old launch configuration for undo, reads groups with a launch template
func TestCopiesHaveAllOfALaunchConfiguration(t *testing.T) {
	for id, suffix := range map[string]string{"AutoScaling.3": "-imdsv2", "Autoscaling.5": "-private"} {
		all := []types.LaunchConfiguration{{
			LaunchConfigurationName: aws.String("web"), LaunchConfigurationARN: aws.String("arn"), CreatedTime: &time.Time{},
			ImageId: aws.String("ami-1"), InstanceType: aws.String("t3.micro"), KeyName: aws.String("ops"),
			KernelId: aws.String(""), IamInstanceProfile: aws.String("web"), UserData: aws.String("IyEvYmluL3NoCg=="),
			SpotPrice: aws.String("0.1"), SecurityGroups: []string{"sg-1"}, PlacementTenancy: aws.String("dedicated"),
			EbsOptimized: aws.Bool(true), AssociatePublicIpAddress: aws.Bool(true),
			InstanceMonitoring: &types.InstanceMonitoring{Enabled: aws.Bool(false)},
			MetadataOptions:    &types.InstanceMetadataOptions{HttpEndpoint: "enabled", HttpPutResponseHopLimit: aws.Int32(3)},
			BlockDeviceMappings: []types.BlockDeviceMapping{{
				Ebs: &types.Ebs{Iops: aws.Int32(3000)}, DeviceName: aws.String("/dev/a"),
			}},
		}}
		var made []*autoscaling.CreateLaunchConfigurationInput
		answers := launched(nil, all...)
		answers["CreateLaunchConfiguration"] = func(input any) (any, error) {
			made = append(made, input.(*autoscaling.CreateLaunchConfigurationInput))
			return &autoscaling.CreateLaunchConfigurationOutput{}, nil
		}
		answers["UpdateAutoScalingGroup"] = func(any) (any, error) { return &autoscaling.UpdateAutoScalingGroupOutput{}, nil }
		answers["DeleteLaunchConfiguration"] = func(any) (any, error) {
			return &autoscaling.DeleteLaunchConfigurationOutput{}, nil
		}
		c := playbooktest.Pick(t, playbook.LaunchConfigurations(), id)
		env := playbooktest.Env(t, c, configurations+"web", playbooktest.Unplugged(), answers)
		plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
		roles := playbooktest.Got(c.Passing(env, plan))(t).Roles
		if !cmp.Equal(roles, []string{"arn:aws:iam::222222222222:role/web"}) {
			t.Errorf("%s gives %v away", id, roles)
		}
		playbooktest.Done(t, c.Apply(t.Context(), env, plan))
		want := &autoscaling.CreateLaunchConfigurationInput{
			LaunchConfigurationName: aws.String("web" + suffix), ImageId: all[0].ImageId, InstanceType: all[0].InstanceType,
			KeyName: all[0].KeyName, IamInstanceProfile: all[0].IamInstanceProfile, UserData: all[0].UserData,
			SpotPrice: all[0].SpotPrice, SecurityGroups: all[0].SecurityGroups, PlacementTenancy: all[0].PlacementTenancy,
			EbsOptimized: all[0].EbsOptimized, InstanceMonitoring: all[0].InstanceMonitoring,
			MetadataOptions: all[0].MetadataOptions, BlockDeviceMappings: all[0].BlockDeviceMappings,
			AssociatePublicIpAddress: aws.Bool(suffix == "-imdsv2"),
		}
		if suffix == "-imdsv2" {
			want.MetadataOptions.HttpTokens = "required"
		}
		if d := cmp.Diff([]*autoscaling.CreateLaunchConfigurationInput{want}, made, cmpopts.IgnoreUnexported(*want,
			types.InstanceMonitoring{}, types.InstanceMetadataOptions{}, types.BlockDeviceMapping{}, types.Ebs{})); d != "" {
			t.Errorf("%s: %s", id, d)
		}
	}
}

// A launch configuration of the copy's name that says something else is somebody's.
func TestNoCopyOfAnother(t *testing.T) {
	c := playbooktest.Pick(t, playbook.LaunchConfigurations(), "Autoscaling.5")
	other := web(public(aws.Bool(false)))
	other.LaunchConfigurationName, other.ImageId = aws.String("web-private"), aws.String("ami-2")
	env := playbooktest.Env(t, c, configurations+"web", playbooktest.Unplugged(),
		launched(nil, web(public(aws.Bool(true))), other))
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Refused, "web-private", "no copy of web")
	if len(plan.Mentions) != 1 || !strings.Contains(plan.Mentions[0], "group pool") {
		t.Errorf("the plan mentions %q", plan.Mentions)
	}
}

// Names that are long, or have what no policy may, have copies too.
func TestNamesOfCopies(t *testing.T) {
	for was, want := range map[string]string{
		"Web pool/2": "Web-pool-2-private", strings.Repeat("n", 255): strings.Repeat("n", 247) + "-private",
	} {
		lc := web(public(aws.Bool(true)))
		lc.LaunchConfigurationName = &was
		c := playbooktest.Pick(t, playbook.LaunchConfigurations(), "Autoscaling.5")
		env := playbooktest.Env(t, c, configurations+was, playbooktest.Unplugged(), launched(nil, lc))
		if text := playbooktest.Got(c.Plan(t.Context(), env))(t).String(); !strings.Contains(text, "+ Configurations."+want) {
			t.Errorf("no copy %s in:\n%s", want, text)
		}
	}
}
