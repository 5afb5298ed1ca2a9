// Package s3 holds the playbooks for Amazon S3.
package s3

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// publicAccess is a bucket's public access block. A flag is nil where the
// bucket has no block at all, which AWS treats as false, so that undo can tell
// "remove the block" from "write four times false".
type publicAccess = types.PublicAccessBlockConfiguration

// PublicAccess returns the controls that are met by blocking public access to a
// bucket. S3.2 and S3.3 take the whole block too: a public ACL and a public
// policy both lead to reads and writes, and a half-set block leaves one way open.
func PublicAccess() []control.Control {
	of := func(id string, fails control.Fails) control.Control {
		return control.Of[publicAccess]{
			Info: control.Info{
				ID:    id,
				State: "s3.public-access-block",
				Effect: "Anonymous and cross-account public access through ACLs or the bucket policy stops; " +
					"signed access by the account and by named principals is untouched.",
				Fails:   fails,
				Impact:  control.ImpactInterrupts,
				Pattern: bucketARN,
				Actions: []string{"s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"},
			},
			Read:  readPublicAccess,
			Want:  blockPublicAccess,
			Write: writePublicAccess,
		}.Control()
	}
	return []control.Control{
		of("S3.2", public("read", "s3-bucket-public-read-prohibited")),
		of("S3.3", public("write", "s3-bucket-public-write-prohibited")),
		of("S3.8", control.Fails{
			When: "The bucket has no public access block of its own, or one of the block's four settings is off.",
			Rule: "s3-bucket-level-public-access-prohibited",
		}),
	}
}

// public says when a bucket is really open: a half-set or missing block alone is no failure.
func public(access, rule string) control.Fails {
	return control.Fails{
		When: "The bucket policy allows public " + access + " access and no block restricts public policies, or the ACL " +
			"allows it and no block ignores public ACLs. A bucket that nobody outside reaches passes without a block.",
		Rule: rule,
	}
}

func readPublicAccess(ctx context.Context, env control.Env) (publicAccess, error) {
	b := openBucket(env)
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

func blockPublicAccess(to publicAccess, _ control.Env) (publicAccess, error) {
	for _, flag := range flags(&to) {
		*flag = aws.Bool(true)
	}
	return to, nil
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

// bucketARN accepts general purpose bucket ARNs of every partition.
var bucketARN = regexp.MustCompile(`^arn:aws[a-z-]*:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])$`)
