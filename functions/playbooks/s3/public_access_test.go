package s3_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	playbook "github.com/salve-security/salve/functions/playbooks/s3"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
)

// A bucket that never had a block gets none back: four times false would be another state, which observe tells.
func TestPublicAccess(t *testing.T) {
	starts := map[string]struct {
		before  func(context.Context, *testing.T, aws.Config, string)
		disturb playbooktest.Act
	}{
		// What somebody does whose public policy was rejected after the fix.
		"no block": {nil, blockACLsOnly},
		// A flag of a block has two values, so only its absence is neither of them.
		"half a block": {halfBlocked, removeBlock},
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			playbooktest.Family(t, playbook.PublicAccess(), func(c control.Control) playbooktest.Suite {
				suite := playbooktest.Suite{
					Control: c,
					Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
						resource := newBucket(ctx, t, root)
						if policy := opened(c.ID); policy != "" {
							putPolicy(ctx, t, root, resource, policy)
						}
						if start.before != nil {
							start.before(ctx, t, root, resource)
						}
						return resource
					},
					Foreign: []string{
						"arn:aws:s3:::logs/key",
						"arn:aws:s3:us-east-1:222222222222:accesspoint/logs",
						"arn:aws:s3:::log*",
						"arn:aws:s3:::..",
					},
					Observe:   observe,
					Disturb:   start.disturb,
					Unrelated: suspendVersions,
					Delete:    deleteBucket,
				}
				if c.HasFacts() {
					suite.DisturbFact = closePolicy
				}
				return suite
			})
		})
	}
}

// opened is a policy that opens a bucket in the way that the control is about; none for one that is about no way.
func opened(id string) string {
	action := map[string]string{"S3.2": "s3:GetObject", "S3.3": "s3:PutObject", "CloudTrail.6": "s3:GetObject"}[id]
	if action == "" {
		return ""
	}
	return policy(`{"Sid":"All","Effect":"Allow","Principal":"*","Action":"` + action + `","Resource":"BUCKET/*"}`)
}

// closePolicy is somebody who names who may read.
func closePolicy(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	playbooktest.Got(admin(root).DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: bucketName(resource)}))(t)
	putPolicy(ctx, t, root, resource, policy(partnerReads))
}

// halfBlocked gives a bucket a block that leaves both ways open for what is there.
func halfBlocked(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	putBlock(ctx, t, root, resource, types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true),
		IgnorePublicAcls: aws.Bool(false), RestrictPublicBuckets: aws.Bool(false),
	})
}

func blockACLsOnly(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	putBlock(ctx, t, root, resource, types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), IgnorePublicAcls: aws.Bool(true),
		BlockPublicPolicy: aws.Bool(false), RestrictPublicBuckets: aws.Bool(false),
	})
}

func removeBlock(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	playbooktest.Got(admin(root).DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{
		Bucket: bucketName(resource),
	}))(t)
}

func putBlock(
	ctx context.Context, t *testing.T, root aws.Config, resource string, block types.PublicAccessBlockConfiguration,
) {
	playbooktest.Got(admin(root).PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: bucketName(resource), PublicAccessBlockConfiguration: &block,
	}))(t)
}
