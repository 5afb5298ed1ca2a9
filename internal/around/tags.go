package around

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// The IAM actions that reading tags takes in a member, by what has them.
const (
	ofMost   = "tag:GetResources"
	ofUser   = "iam:GetUser"
	ofRole   = "iam:GetRole"
	ofGroups = "autoscaling:DescribeAutoScalingGroups"
)

// TagsActions are all of them.
func TagsActions() []string { return []string{ofGroups, ofRole, ofUser, ofMost} }

// global is where the tagging API knows what has no Region, in the partition that it is in.
const (
	global          = "us-east-1"
	globalPartition = "aws"
)

// reader reads the tags of one resource.
type reader struct {
	action string
	region string // in which it has to be asked; empty for that of the resource
	read   func(ctx context.Context, cfg aws.Config, resource string) (map[string]string, error)
}

// readerOf is how the tags of a resource are read. The tagging API answers for every type but three, for which it says
// that there are no tags, and it knows what has no Region in one Region only:
// https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
func readerOf(resource string) (reader, bool) {
	a, err := arn.Parse(resource)
	if err != nil {
		return reader{}, false
	}
	kind, _, _ := strings.Cut(strings.ReplaceAll(a.Resource, ":", "/"), "/")
	switch {
	case a.Service == "iam" && kind == "user":
		return reader{action: ofUser, read: userTags}, true
	case a.Service == "iam" && kind == "role":
		return reader{action: ofRole, read: roleTags}, true
	case a.Service == "autoscaling" && kind == "autoScalingGroup":
		return reader{action: ofGroups, read: scalingTags}, true
	case a.Region != "" || a.Service == "s3":
		return reader{action: ofMost, read: anyTags}, true
	}
	// Where the other partitions answer for what has no Region is not documented: an empty answer would mean nothing.
	return reader{action: ofMost, region: global, read: anyTags}, a.Partition == globalPartition
}

// Tags reads the tags of a resource in its own account. Nil means that we may
// not know, or that the resource can have none. An account without the role is
// an error of that class: its tags can be known one day.
func (f *Finder) Tags(ctx context.Context, t control.Target, runID string) (map[string]string, error) {
	by, ok := readerOf(t.Resource)
	if !ok {
		return nil, nil
	}
	if by.region != "" {
		t.Region = by.region
	}
	cfg, err := f.Sessions.Open(ctx, control.SessionRequest{
		Target: t, RunID: runID, Source: "Security Hub", Actions: []string{by.action},
	})
	var tags map[string]string
	if err == nil {
		tags, err = by.read(ctx, cfg, t.Resource)
	}
	switch class := fault.Of(err); {
	case err == nil:
		return tags, nil
	case class == fault.Retry, class == fault.NotOnboarded:
		return nil, fmt.Errorf("read the tags of %s: %w", t.Resource, err)
	}
	return nil, nil //nolint:nilerr // a right that is missing is an answer: not known
}

// anyTags asks the tagging API. What it does not list was never tagged.
func anyTags(ctx context.Context, cfg aws.Config, resource string) (map[string]string, error) {
	out, err := resourcegroupstaggingapi.NewFromConfig(cfg).GetResources(ctx,
		&resourcegroupstaggingapi.GetResourcesInput{ResourceARNList: []string{resource}})
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, mapping := range out.ResourceTagMappingList {
		if aws.ToString(mapping.ResourceARN) != resource {
			continue // never somebody else's
		}
		for _, tag := range mapping.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
	}
	return tags, nil
}

func userTags(ctx context.Context, cfg aws.Config, resource string) (map[string]string, error) {
	out, err := iam.NewFromConfig(cfg).GetUser(ctx, &iam.GetUserInput{UserName: last(resource)})
	if err != nil || out.User == nil || aws.ToString(out.User.Arn) != resource {
		return nil, err
	}
	return iamTags(out.User.Tags), nil
}

func roleTags(ctx context.Context, cfg aws.Config, resource string) (map[string]string, error) {
	out, err := iam.NewFromConfig(cfg).GetRole(ctx, &iam.GetRoleInput{RoleName: last(resource)})
	if err != nil || out.Role == nil || aws.ToString(out.Role.Arn) != resource {
		return nil, err
	}
	return iamTags(out.Role.Tags), nil
}

func scalingTags(ctx context.Context, cfg aws.Config, resource string) (map[string]string, error) {
	_, name, _ := strings.Cut(resource, ":autoScalingGroupName/") // in which there may be slashes
	out, err := autoscaling.NewFromConfig(cfg).DescribeAutoScalingGroups(ctx,
		&autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		return nil, err
	}
	for _, group := range out.AutoScalingGroups {
		if aws.ToString(group.AutoScalingGroupARN) != resource {
			continue
		}
		tags := map[string]string{}
		for _, tag := range group.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		return tags, nil
	}
	return nil, nil
}

func iamTags(list []iamtypes.Tag) map[string]string {
	tags := map[string]string{}
	for _, tag := range list {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return tags
}

// last is the name at the end of an ARN, behind all paths.
func last(resource string) *string { return aws.String(resource[strings.LastIndex(resource, "/")+1:]) }
