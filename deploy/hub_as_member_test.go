package deploy_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/names"
)

// tryHubAsMember: where hub and member are one account, no fix of a bucket policy
// lets anybody write the program that runs with the hub's rights.
func (d deployed) tryHubAsMember(t *testing.T, orchestrator aws.Config) {
	whole := s3.NewFromConfig(d.as(orchestrator, d.Hub(), names.MemberRole, ""), lab.PathStyle)
	root := s3.NewFromConfig(d.Config(d.Hub(), d.Region()), lab.PathStyle)
	for bucket, want := range map[string]func(*testing.T, string, error){
		"programs-of-the-hub": wantDenied, "anybodys-bucket": wantAllowed,
	} {
		if _, err := root.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
			t.Fatal(err)
		}
		_, err := whole.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{
			Bucket: &bucket, Policy: aws.String(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny",`+
				`"Principal":"*","Action":"s3:DeleteBucket","Resource":"arn:aws:s3:::%s"}]}`, bucket)),
		})
		want(t, "write the policy of "+bucket, err)
		_, err = whole.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &bucket})
		want(t, "open "+bucket, err)
	}
}
