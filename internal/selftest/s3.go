package selftest

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// buckets are empty, and public to nobody: one without a block of its own, one that takes requests
// without TLS, one whose objects stay for ever.
func buckets() []Seed {
	family := Family{Name: "bucket", Find: findBuckets, Remove: removeBucket}
	return []Seed{
		{Control: "S3.8", Price: "nothing", Make: bareBucket, Family: family},
		{Control: "S3.5", Price: "nothing", Make: newBucket, Family: family},
		{Control: "S3.13", Price: "nothing", Make: newBucket, Family: family},
	}
}

func s3Client(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = cfg.BaseEndpoint != nil })
}

func newBucket(ctx context.Context, cfg aws.Config, name string) (string, error) {
	in := &s3.CreateBucketInput{Bucket: &name}
	if cfg.Region != "us-east-1" { // which is where a bucket is that names no place
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{
			LocationConstraint: types.BucketLocationConstraint(cfg.Region),
		}
	}
	client := s3Client(cfg)
	if _, err := client.CreateBucket(ctx, in); err != nil {
		return "", fmt.Errorf("make a bucket: %w", err)
	}
	_, err := client.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: &name, Tagging: &types.Tagging{
		TagSet: []types.Tag{{Key: aws.String(Tag), Value: aws.String("yes")}},
	}})
	if err != nil {
		return "", fmt.Errorf("tag the bucket: %w", err)
	}
	return partitioned(cfg, "s3", "", name), nil
}

// bareBucket takes away the block that AWS gives new buckets. Nothing is in the bucket, and no policy opens it.
func bareBucket(ctx context.Context, cfg aws.Config, name string) (string, error) {
	arn, err := newBucket(ctx, cfg, name)
	if err != nil {
		return "", err
	}
	if _, err := s3Client(cfg).DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: &name}); err != nil {
		return "", fmt.Errorf("take the block away: %w", err)
	}
	return arn, nil
}

func findBuckets(ctx context.Context, cfg aws.Config) ([]string, error) {
	client := s3Client(cfg)
	out, err := client.ListBuckets(ctx, &s3.ListBucketsInput{})
	if err != nil {
		return nil, fmt.Errorf("list buckets: %w", err)
	}
	var found []string
	for _, b := range out.Buckets {
		name := aws.ToString(b.Name)
		if !strings.HasPrefix(name, Prefix) {
			continue
		}
		tags, err := client.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &name})
		if err != nil {
			continue // one without tags is nobody's leftover
		}
		for _, tag := range tags.TagSet {
			if aws.ToString(tag.Key) == Tag {
				found = append(found, name)
			}
		}
	}
	return found, nil
}

// removeBucket deletes an empty one: AWS refuses others, and so do we.
func removeBucket(ctx context.Context, cfg aws.Config, name string) error {
	_, err := s3Client(cfg).DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &name})
	return gone(err)
}
