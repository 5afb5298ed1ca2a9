package main

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/lab"
)

// fixedBlock is the public access block of a bucket, with nothing set where it has none.
type fixedBlock = s3types.PublicAccessBlockConfiguration

// bucketControl blocks public access to a bucket. All of its kind share one state.
func bucketControl(id string) control.Control {
	return control.Of[fixedBlock]{
		Info: control.Info{
			ID: id, State: "bucket.block", Impact: control.ImpactInterrupts,
			Fails:  control.Fails{When: "A setting of the block is off.", Rule: "s3-bucket-level-public-access-prohibited"},
			Effect: "Strangers no longer get in.", Pattern: regexp.MustCompile(`^arn:aws:s3:::([a-z0-9-]+)$`),
			Actions: []string{"s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"},
		},
		Read: readBlock,
		Want: func(fixedBlock, control.Env) (fixedBlock, error) { return blockOf(true), nil },
		Write: func(ctx context.Context, env control.Env, _, to fixedBlock) error {
			var err, failed error
			client, name := fixedBucket(env)
			if strings.HasPrefix(*name, "halved") {
				to, failed = halved(ctx, env, to)
			}
			if to == (fixedBlock{}) {
				_, err = client.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: name})
			} else {
				_, err = client.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
					Bucket: name, PublicAccessBlockConfiguration: &to,
				})
			}
			return errors.Join(err, failed)
		},
	}.Control()
}

// halved is what becomes of a bucket whose undo gets half way the first time, and why.
func halved(ctx context.Context, env control.Env, to fixedBlock) (fixedBlock, error) {
	now, err := readBlock(ctx, env)
	if err != nil || aws.ToBool(to.BlockPublicAcls) || !aws.ToBool(now.BlockPublicAcls) {
		return to, err
	}
	half := blockOf(true)
	half.BlockPublicAcls = to.BlockPublicAcls
	return half, fault.New(fault.Invalid, "the bucket took no more")
}

func readBlock(ctx context.Context, env control.Env) (fixedBlock, error) {
	client, name := fixedBucket(env)
	out, err := client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
	switch {
	case fault.Unset(err):
		return fixedBlock{}, nil
	case err != nil:
		return fixedBlock{}, err
	}
	return *out.PublicAccessBlockConfiguration, nil
}

func fixedBucket(env control.Env) (*s3.Client, *string) {
	return s3.NewFromConfig(env.Config, lab.PathStyle), aws.String(env.Target.Resource[len("arn:aws:s3:::"):])
}

// blockOf is a block with all flags the same.
func blockOf(on bool) fixedBlock {
	return fixedBlock{BlockPublicAcls: &on, BlockPublicPolicy: &on, IgnorePublicAcls: &on, RestrictPublicBuckets: &on}
}
