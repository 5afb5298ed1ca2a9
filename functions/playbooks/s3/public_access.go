// Package s3 holds the playbooks for Amazon S3.
package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// publicAccess is a public access block. A flag is nil where there is no block at
// all, which AWS treats as false, so that undo can tell "remove the block" from
// "write four times false".
type publicAccess = types.PublicAccessBlockConfiguration

// The state that all controls of this file write.
const publicAccessBlock = "s3.public-access-block"

// PublicAccess returns the controls that are met by blocking public access to a
// bucket. S3.8 asks for the block itself; S3.2 and S3.3 only where strangers get in,
// and take the whole block then: a half-set one leaves a way open.
func PublicAccess() []control.Control {
	block := blockInfo("S3.8", control.Fails{
		When: "The bucket has no public access block of its own, or one of the block's four settings is off.",
		Rule: "s3-bucket-level-public-access-prohibited",
	})
	read := openTo("S3.2", "read", "s3-bucket-public-read-prohibited", "s3:Get*", "s3:List*")
	write := openTo("S3.3", "write", "s3-bucket-public-write-prohibited",
		"s3:Put*", "s3:Delete*", "s3:AbortMultipartUpload", "s3:RestoreObject")
	return []control.Control{
		read.control(),
		write.control(),
		// Security Hub's own logic looks for the buckets that trails write to, and asks the rules of the two of them.
		either("CloudTrail.6", read, write).control(),
		control.Of[publicAccess]{
			Info:  block,
			Read:  func(ctx context.Context, env control.Env) (publicAccess, error) { return openBucket(env).block(ctx) },
			Want:  func(now publicAccess, _ control.Env) (publicAccess, error) { return blocked(now), nil },
			Write: writePublicAccess,
		}.Control(),
	}
}

// blockInfo is what the controls declare alike.
func blockInfo(id string, fails control.Fails) control.Info {
	return control.Info{
		ID:    id,
		State: publicAccessBlock,
		Effect: "Anonymous and cross-account public access through ACLs or the bucket policy stops; " +
			"signed access by the account and by named principals is untouched.",
		Fails:   fails,
		Impact:  control.ImpactInterrupts,
		Pattern: bucketARN,
		Actions: []string{"s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"},
	}
}

// block reads the bucket's block.
func (b bucket) block(ctx context.Context) (publicAccess, error) {
	out, err := b.client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner,
	})
	if fault.Unset(err) || err == nil && out.PublicAccessBlockConfiguration == nil {
		return publicAccess{}, nil
	}
	if err != nil {
		return publicAccess{}, err
	}
	block := *out.PublicAccessBlockConfiguration
	for _, flag := range flags(&block) {
		*flag = aws.Bool(aws.ToBool(*flag)) // AWS reads an unset flag of a block as false
	}
	return block, nil
}

// blocked is a block with all flags on.
func blocked(to publicAccess) publicAccess {
	for _, flag := range flags(&to) {
		*flag = aws.Bool(true)
	}
	return to
}

func flags(b *publicAccess) []**bool {
	return []**bool{&b.BlockPublicAcls, &b.IgnorePublicAcls, &b.BlockPublicPolicy, &b.RestrictPublicBuckets}
}

func writePublicAccess(ctx context.Context, env control.Env, _, to publicAccess) error {
	b := openBucket(env)
	if to == (publicAccess{}) {
		_, err := b.client.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{
			Bucket: b.name, ExpectedBucketOwner: b.owner,
		})
		return err
	}
	_, err := b.client.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner, PublicAccessBlockConfiguration: &to,
	})
	return err
}
