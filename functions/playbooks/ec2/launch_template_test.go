package ec2_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// open is what both controls of launch templates fail.
func open() *types.RequestLaunchTemplateData {
	return &types.RequestLaunchTemplateData{
		ImageId: aws.String("ami-12345678"),
		NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{
			DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: aws.Bool(true),
		}},
		MetadataOptions: &types.LaunchTemplateInstanceMetadataOptionsRequest{HttpTokens: "optional"},
	}
}

// newVersion is somebody who makes a version, and the default one of it.
func newVersion(standard bool) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		client, template := ec2.NewFromConfig(root), aws.String(id(resource))
		made := playbooktest.Got(client.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
			LaunchTemplateId: template, LaunchTemplateData: open(),
		}))(t)
		number := fmt.Sprint(*made.LaunchTemplateVersion.VersionNumber)
		if standard {
			playbooktest.Got(client.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{
				LaunchTemplateId: template, DefaultVersion: &number,
			}))(t)
		}
	}
}

// The emulators delete no versions, and make none of others: what a new one is made of is proven below.
func TestLaunchTemplates(t *testing.T) {
	playbooktest.Family(t, playbook.LaunchTemplates(), func(c control.Control) playbooktest.Suite {
		return playbooktest.Suite{
			World: playbooktest.Serving(t, "ec2", vpns), Control: c,
			Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
				in := ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String(rand.Text()), LaunchTemplateData: open()}
				made := playbooktest.Got(ec2.NewFromConfig(root).CreateLaunchTemplate(ctx, &in))(t).LaunchTemplate
				return arn("launch-template", *made.LaunchTemplateId)
			},
			Foreign: []string{"lt-0123456789abcdef0", arn("launch-template", "*"), arn("instance", "i-0123456789abcdef0")},
			Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
				in := ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{id(resource)}}
				lt := playbooktest.Got(ec2.NewFromConfig(root).DescribeLaunchTemplates(ctx, &in))(t).LaunchTemplates[0]
				tags := ec2.DescribeTagsInput{Filters: filter("resource-id", id(resource))}
				tagged := playbooktest.Got(ec2.NewFromConfig(root).DescribeTags(ctx, &tags))(t)
				return []any{lt.DefaultVersionNumber, len(tagged.Tags)}
			},
			Disturb:     newVersion(true),
			DisturbFact: newVersion(false),
			Unrelated:   tag,
			Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				in := ec2.DeleteLaunchTemplateInput{LaunchTemplateId: aws.String(id(resource))}
				playbooktest.Got(ec2.NewFromConfig(root).DeleteLaunchTemplate(ctx, &in))(t)
			},
		}
	})
}

// template answers with a template whose default version is 3.
func template(latest int64, d *types.ResponseLaunchTemplateData) playbooktest.StandIn {
	return playbooktest.Answers(
		&ec2.DescribeLaunchTemplatesOutput{LaunchTemplates: []types.LaunchTemplate{{
			DefaultVersionNumber: aws.Int64(3), LatestVersionNumber: &latest,
		}}},
		&ec2.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: []types.LaunchTemplateVersion{{
			VersionNumber: aws.Int64(3), LaunchTemplateData: d,
		}}})
}

func faces(public ...*bool) *types.ResponseLaunchTemplateData {
	d := &types.ResponseLaunchTemplateData{}
	for n, p := range public {
		d.NetworkInterfaces = append(d.NetworkInterfaces, types.LaunchTemplateInstanceNetworkInterfaceSpecification{
			DeviceIndex: aws.Int32(int32(n)), AssociatePublicIpAddress: p, Groups: []string{"sg-1"},
			Ipv6Addresses: []types.InstanceIpv6Address{{Ipv6Address: aws.String("2001:db8::1")}},
		})
	}
	return d
}

func TestLaunchTemplatesFailWhereAWSDoes(t *testing.T) {
	on, off := aws.Bool(true), aws.Bool(false)
	tokens := func(state types.LaunchTemplateHttpTokensState) *types.ResponseLaunchTemplateData {
		options := &types.LaunchTemplateInstanceMetadataOptions{HttpTokens: state}
		return &types.ResponseLaunchTemplateData{MetadataOptions: options}
	}
	for id, shapes := range map[string]map[string]playbooktest.Shape{
		"EC2.25": {
			"public":       {Answers: template(3, faces(on)), Fails: true},
			"one of them":  {Answers: template(3, faces(off, nil, on)), Fails: true},
			"private":      {Answers: template(3, faces(off))},
			"not said":     {Answers: template(3, faces(nil))},
			"no interface": {Answers: template(3, faces())},
			"of another latest": {
				Answers: template(4, faces(on)), Class: fault.Refused, Words: []string{"version 4 the default"},
			},
			"and no matter": {Answers: template(4, faces(off))},
			"without data":  {Answers: template(3, nil), Class: fault.Invalid},
		},
		"EC2.170": {
			"required": {Answers: template(3, tokens("required"))},
			"optional": {Answers: template(3, tokens("optional")), Fails: true},
			"empty":    {Answers: template(3, tokens("")), Fails: true},
			"not said": {Answers: template(3, faces()), Fails: true},
		},
	} {
		c := playbooktest.Pick(t, playbook.LaunchTemplates(), id)
		playbooktest.Judged(t, c, arn("launch-template", "lt-0123456789abcdef0"), shapes)
	}
}

// A new version is made of the default one, and says anew only what it must: what else stood there stays.
func TestNewVersionKeepsTheRest(t *testing.T) {
	d := faces(aws.Bool(true), nil)
	d.MetadataOptions = &types.LaunchTemplateInstanceMetadataOptions{
		HttpTokens: "optional", HttpEndpoint: "enabled", HttpPutResponseHopLimit: aws.Int32(2), State: "applied",
	}
	made := map[string]*ec2.CreateLaunchTemplateVersionInput{}
	for _, c := range playbook.LaunchTemplates() {
		answers := template(3, d)
		answers["CreateLaunchTemplateVersion"] = func(input any) (any, error) {
			made[c.ID] = input.(*ec2.CreateLaunchTemplateVersionInput)
			return &ec2.CreateLaunchTemplateVersionOutput{
				LaunchTemplateVersion: &types.LaunchTemplateVersion{VersionNumber: aws.Int64(4)},
			}, nil
		}
		answers["ModifyLaunchTemplate"] = func(any) (any, error) { return &ec2.ModifyLaunchTemplateOutput{}, nil }
		env := playbooktest.Env(t, c, arn("launch-template", "lt-0123456789abcdef0"), playbooktest.Unplugged(), answers)
		playbooktest.Done(t, c.Apply(t.Context(), env, playbooktest.Got(c.Plan(t.Context(), env))(t)))
		if in := made[c.ID]; *in.SourceVersion != "3" || in.LaunchTemplateData.ImageId != nil {
			t.Errorf("%s makes a version of %s with %+v", c.ID, *in.SourceVersion, in.LaunchTemplateData)
		}
	}
	shows := func(got any, want string) {
		if text := string(playbooktest.Got(json.Marshal(got))(t)); !strings.Contains(text, want) {
			t.Errorf("want %s in %s", want, text)
		}
	}
	all := made["EC2.25"].LaunchTemplateData.NetworkInterfaces
	shows(all[0].AssociatePublicIpAddress, "false")
	shows(all[1].AssociatePublicIpAddress, "null")
	shows(all[1], `"DeviceIndex":1`)
	shows(all, `"Groups":["sg-1"]`)
	shows(all, `"Ipv6Address":"2001:db8::1"`)
	options := made["EC2.170"].LaunchTemplateData.MetadataOptions
	shows(options, `"HttpEndpoint":"enabled","HttpProtocolIpv6":"","HttpPutResponseHopLimit":2,"HttpTokens":"required"`)

	d.NetworkInterfaces[0].Ipv6Addresses[0].IsPrimaryIpv6 = aws.Bool(true) // which nobody can ask for
	c := playbooktest.Pick(t, playbook.LaunchTemplates(), "EC2.25")
	env := playbooktest.Env(t, c, arn("launch-template", "lt-0123456789abcdef0"), playbooktest.Unplugged(), template(3, d))
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Refused, "make the new version yourself")
}
