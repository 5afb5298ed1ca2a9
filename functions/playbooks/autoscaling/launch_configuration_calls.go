package autoscaling

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// both are the configuration and its copy, as far as they are there.
func (l launching) both(ctx context.Context, env control.Env) (map[string]types.LaunchConfiguration, error) {
	out, err := autoscaling.NewFromConfig(env.Config).DescribeLaunchConfigurations(ctx,
		&autoscaling.DescribeLaunchConfigurationsInput{LaunchConfigurationNames: []string{env.Name, l.copyOf(env.Name)}})
	if err != nil {
		return nil, err
	}
	all := map[string]types.LaunchConfiguration{}
	for _, lc := range out.LaunchConfigurations {
		all[aws.ToString(lc.LaunchConfigurationName)] = lc
	}
	if len(all) == 0 { // Auto Scaling has no error for it
		return nil, fault.New(fault.Gone, "there is no launch configuration %s", env.Name)
	}
	return all, nil
}

func (l launching) read(ctx context.Context, env control.Env) (launches, error) {
	now := launches{Configurations: map[string]configuration{}, Groups: map[string]string{}}
	all, err := l.both(ctx, env)
	if err != nil {
		return now, err
	}
	for name, lc := range all {
		c := configuration{Name: name}
		l.says(&lc, &c)
		now.Configurations[name] = c
	}
	if err := now.readGroups(ctx, env); err != nil {
		return now, err
	}
	for _, lc := range all { // of both it is the same
		return now, now.readRoles(ctx, env, aws.ToString(lc.IamInstanceProfile))
	}
	return now, nil
}

// readGroups finds those that launch by one of the configurations. Others launch by a template, and name none.
func (now *launches) readGroups(ctx context.Context, env control.Env) error {
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(autoscaling.NewFromConfig(env.Config),
		&autoscaling.DescribeAutoScalingGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, g := range page.AutoScalingGroups {
			name := aws.ToString(g.LaunchConfigurationName)
			if _, ours := now.Configurations[name]; !ours || name == "" {
				continue
			}
			now.Groups[aws.ToString(g.AutoScalingGroupName)] = name
			for _, tag := range g.Tags {
				now.Obstacle += owned(aws.ToString(g.AutoScalingGroupName), tag)
			}
		}
	}
	return nil
}

// owned says what made a group and would miss its launch configuration, such as when a change is rolled back.
func owned(group string, tag types.TagDescription) string {
	switch aws.ToString(tag.Key) {
	case "aws:cloudformation:stack-name":
		return fmt.Sprintf("change the template of the stack %s, which made the group %s and could not go back to a launch "+
			"configuration that is gone; ", aws.ToString(tag.Value), group)
	case "elasticbeanstalk:environment-name":
		return fmt.Sprintf("change the environment %s of Elastic Beanstalk, which keeps the launch configuration of the "+
			"group %s; ", aws.ToString(tag.Value), group)
	}
	return ""
}

// readRoles reads which roles instances get.
func (now *launches) readRoles(ctx context.Context, env control.Env, profile string) error {
	if profile == "" {
		return nil
	}
	name := profile[strings.LastIndex(profile, "/")+1:] // it may be an ARN
	out, err := iam.NewFromConfig(env.Config).GetInstanceProfile(ctx,
		&iam.GetInstanceProfileInput{InstanceProfileName: &name})
	if fault.Of(err) == fault.Gone {
		now.Obstacle += fmt.Sprintf("make the instance profile %s again, or take the groups off the launch configuration: "+
			"it is gone, and no instance starts", name)
		return nil
	}
	if err != nil {
		return err
	}
	if out.InstanceProfile == nil {
		return fault.New(fault.Invalid, "GetInstanceProfile answered without a profile")
	}
	for _, role := range out.InstanceProfile.Roles {
		now.Roles = append(now.Roles, aws.ToString(role.Arn))
	}
	return nil
}

// write makes what is missing, moves the groups, and deletes what is left over. AWS deletes none that a group uses.
func (l launching) write(ctx context.Context, env control.Env, from, to launches) error {
	all, err := l.both(ctx, env)
	if err != nil {
		return err
	}
	client := autoscaling.NewFromConfig(env.Config)
	for _, c := range to.Configurations { // one, but where somebody else made the other
		if err := l.ensure(ctx, client, all, c); err != nil {
			return err
		}
	}
	for _, group := range slices.Sorted(maps.Keys(to.Groups)) {
		if name := to.Groups[group]; from.Groups[group] != name {
			_, err := client.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
				AutoScalingGroupName: &group, LaunchConfigurationName: &name,
			})
			if err != nil {
				return gone(err)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(from.Configurations)) {
		_, stays := to.Configurations[name]
		if _, there := all[name]; there && !stays {
			_, err := client.DeleteLaunchConfiguration(ctx,
				&autoscaling.DeleteLaunchConfigurationInput{LaunchConfigurationName: &name})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// ensure makes a configuration of the other one. One of its name that is there must be the same.
func (l launching) ensure(
	ctx context.Context, client *autoscaling.Client, all map[string]types.LaunchConfiguration, c configuration,
) error {
	is, there := all[c.Name]
	for other, lc := range all {
		if other == c.Name {
			continue
		}
		in, err := asked(lc)
		if err != nil {
			return err
		}
		in.LaunchConfigurationName = &c.Name
		l.put(in, c)
		if !there {
			_, err := client.CreateLaunchConfiguration(ctx, in)
			return err
		}
		same, err := asked(is)
		if err == nil && !reflect.DeepEqual(in, same) {
			err = fault.New(fault.Refused, "delete or rename the launch configuration %s: it is no copy of %s, and has its name",
				c.Name, other)
		}
		return err
	}
	return nil
}

// asked is a configuration as Auto Scaling answers it, as it is asked for it. What does not fit must not be lost.
func asked(lc types.LaunchConfiguration) (*autoscaling.CreateLaunchConfigurationInput, error) {
	lc.CreatedTime, lc.LaunchConfigurationARN = nil, nil
	all, in := map[string]any{}, &autoscaling.CreateLaunchConfigurationInput{}
	raw, err := json.Marshal(lc)
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	maps.DeleteFunc(all, func(_ string, v any) bool { // what says nothing
		list, isList := v.([]any)
		return v == nil || v == "" || isList && len(list) == 0
	})
	if err == nil {
		raw, err = json.Marshal(all)
	}
	if err != nil {
		return nil, fmt.Errorf("copy the launch configuration: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(in); err != nil {
		return nil, fault.New(fault.Refused, "copy the launch configuration yourself: Salve cannot copy all of it: %w", err)
	}
	return in, nil
}
