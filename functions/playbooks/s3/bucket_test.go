package s3_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const arnPrefix = "arn:aws:s3:::"

// rootClient is somebody else: an administrator of the account.
func rootClient(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
}

func bucketName(resource string) *string { return aws.String(strings.TrimPrefix(resource, arnPrefix)) }

// newBucket makes an empty bucket and returns its ARN.
func newBucket(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	name := "suite-" + strings.ToLower(rand.Text())
	must(t)(rootClient(root).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}))
	return arnPrefix + name
}

// deleteBucket removes an empty bucket.
func deleteBucket(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	must(t)(rootClient(root).DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: bucketName(resource)}))
}

// suspendVersions changes a setting of the bucket that no access control is about.
func suspendVersions(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	must(t)(rootClient(root).PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket:                  bucketName(resource),
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended},
	}))
}

// must fails the test when a call of the test's own does not succeed.
func must(t *testing.T) func(_ any, err error) {
	t.Helper()
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}
