package s3

import (
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/salve-security/salve/internal/control"
)

// bucket is the target of a call. Bucket ARNs carry no account, so every call
// also names the owner that the finding claims: AWS refuses it for another's bucket.
type bucket struct {
	client      *s3.Client
	name, owner *string
}

func openBucket(env control.Env) bucket {
	client := s3.NewFromConfig(env.Config, func(o *s3.Options) {
		// An endpoint of one's own (a test endpoint, a VPC endpoint by address) has no
		// name per bucket.
		o.UsePathStyle = env.Config.BaseEndpoint != nil
	})
	return bucket{client: client, name: aws.String(env.Name), owner: aws.String(env.Target.Account)}
}

// bucketARN accepts the names of general purpose buckets in every partition, also those that us-east-1 gave until
// March 2018: up to 255 characters, with capitals and underscores.
var bucketARN = regexp.MustCompile(`^arn:aws[a-z-]*:s3:::([A-Za-z0-9._-]{3,255})$`)
