package main

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/salve-security/salve/internal/fault"
)

// prop is a resource of the story, and what it looks like to AWS itself.
type prop struct {
	name, what, control, account, arn string
	read                              func() (string, error)
	finding                           string // the one to look at in the end
	before, after                     string
}

// add puts a resource on stage as it is before anything is done.
func (d *demo) add(p *prop) (*prop, error) {
	var err error
	if p.before, err = p.read(); err != nil {
		return nil, err
	}
	d.props = append(d.props, p)
	return p, nil
}

// changed reads the resource again, and wants it to be what a chapter says.
func (p *prop) changed(want string) error {
	var err error
	if p.after, err = p.read(); err != nil {
		return err
	}
	if p.after != want {
		return fmt.Errorf("%s: AWS says %q, not %q", p.name, p.after, want)
	}
	return nil
}

const (
	allOff = "4 of 4 off"
	allOn  = "0 of 4 off"
)

// bucket makes a bucket that blocks no public access, and that the story ends with.
func (d *demo) bucket(account, name string) (*prop, error) {
	p, err := d.newBucket(account, name)
	if err != nil {
		return nil, err
	}
	return d.add(p)
}

func (d *demo) newBucket(account, name string) (*prop, error) {
	_, err := d.S3(account).CreateBucket(d.ctx, &s3.CreateBucketInput{Bucket: &name})
	if err != nil {
		return nil, fmt.Errorf("make a bucket: %w", err)
	}
	return &prop{
		name: name, what: "blocks", control: "S3.8", account: account, arn: "arn:aws:s3:::" + name,
		read: func() (string, error) { return d.blocks(account, name) },
	}, nil
}

func (d *demo) blocks(account, name string) (string, error) {
	out, err := d.S3(account).GetPublicAccessBlock(d.ctx, &s3.GetPublicAccessBlockInput{Bucket: &name})
	if fault.Unset(err) {
		return allOff, nil
	}
	if err != nil {
		return "", fmt.Errorf("look at the bucket: %w", err)
	}
	c, off := out.PublicAccessBlockConfiguration, 0
	for _, on := range []*bool{c.BlockPublicAcls, c.BlockPublicPolicy, c.IgnorePublicAcls, c.RestrictPublicBuckets} {
		if !aws.ToBool(on) {
			off++
		}
	}
	return fmt.Sprintf("%d of 4 off", off), nil
}

// group finds the default security group of the member's VPC.
func (d *demo) group() (*prop, error) {
	client := ec2.NewFromConfig(d.Config(d.member, d.Region()))
	out, err := client.DescribeSecurityGroups(d.ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-name"), Values: []string{"default"}}},
	})
	if err != nil {
		return nil, fmt.Errorf("look for the default security group: %w", err)
	}
	if len(out.SecurityGroups) == 0 {
		return nil, errors.New("the member has no default security group")
	}
	id := aws.ToString(out.SecurityGroups[0].GroupId)
	filter := []ec2types.Filter{{Name: aws.String("group-id"), Values: []string{id}}}
	return d.add(&prop{
		name: "default group", what: "rules", control: "EC2.2", account: d.member,
		arn: "arn:aws:ec2:" + d.Region() + ":" + d.member + ":security-group/" + id,
		read: func() (string, error) {
			rules, err := client.DescribeSecurityGroupRules(d.ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: filter})
			if err != nil {
				return "", fmt.Errorf("look at the rules: %w", err)
			}
			return fmt.Sprintf("%d", len(rules.SecurityGroupRules)), nil
		},
	})
}

const (
	rotates = "on"
	resting = "off"
)

// key makes a key that does not rotate.
func (d *demo) key() (*prop, error) {
	client := kms.NewFromConfig(d.Config(d.member, d.Region()))
	made, err := client.CreateKey(d.ctx, &kms.CreateKeyInput{})
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	arn := made.KeyMetadata.Arn
	return d.add(&prop{
		name: "key " + aws.ToString(made.KeyMetadata.KeyId)[:8] + "…", what: "rotation", control: "KMS.4",
		account: d.member, arn: aws.ToString(arn),
		read: func() (string, error) {
			// By the short id: the lab repeats old answers to Salve's own question, which names the ARN.
			out, err := client.GetKeyRotationStatus(d.ctx, &kms.GetKeyRotationStatusInput{KeyId: made.KeyMetadata.KeyId})
			if err != nil {
				return "", fmt.Errorf("look at the key: %w", err)
			}
			if out.KeyRotationEnabled {
				return rotates, nil
			}
			return resting, nil
		},
	})
}
