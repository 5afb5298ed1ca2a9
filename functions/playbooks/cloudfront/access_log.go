package cloudfront

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// unfit says why CloudFront could not write its log into the bucket that people have named.
const unfit = "Unfit"

func accessLog() control.Control {
	const path = "Logging/Bucket"
	return setting{
		read: func(c *types.DistributionConfig) values {
			if l := c.Logging; l != nil && aws.ToBool(l.Enabled) {
				return values{path: aws.ToString(l.Bucket)}
			}
			return values{path: ""}
		},
		want: func(now values, env control.Env) error {
			bucket := env.Params.Text(needs.ParamBucket)
			if bucket != "" {
				bucket += ofS3(env.Target)
			}
			if now[path] == "" && now[unfit] != "" {
				return fault.New(fault.Refused, "name another bucket in the parameter %s: %s", needs.ParamBucket, now[unfit])
			}
			return named(now, path, bucket, "a bucket that takes ACLs in the parameter "+needs.ParamBucket)
		},
		ask: func(ctx context.Context, env control.Env, now values) error {
			if now[path] != "" {
				return nil
			}
			return fits(ctx, env, now)
		},
		set: func(c *types.DistributionConfig, to values) {
			if c.Logging == nil {
				c.Logging = &types.LoggingConfig{IncludeCookies: aws.Bool(false), Prefix: aws.String("")}
			}
			on := to[path] != ""
			if c.Logging.Enabled = &on; on && aws.ToString(c.Logging.Prefix) == "" {
				c.Logging.Prefix = aws.String("cloudfront/")
			}
			c.Logging.Bucket = aws.String(to[path])
		},
	}.control(control.Info{
		ID: "CloudFront.5", Writes: "cloudfront.distribution.log",
		Effect: "Requests to the distribution are logged into the bucket, without cookies, and it is billed for what lies " +
			"there. CloudFront adds a grant for its log delivery to the ACL of the bucket, which undo leaves. Visitors notice " +
			"nothing.",
		Fails: control.Fails{
			When: "Standard logging into a bucket (access logs, legacy) is off. Where the logs go does not matter.",
			Rule: "cloudfront-accesslogs-enabled",
		},
		Impact: control.ImpactNone,
		// CloudFront asks for both of the ACL with the run's rights.
		Actions: []string{"s3:GetBucketAcl", "s3:GetBucketOwnershipControls", "s3:PutBucketAcl"},
		Params: []control.Param{needs.NamedBucket("Bucket of the account for the logs, in the Region of the finding " +
			"(us-east-1), whose object ownership lets ACLs count: CloudFront needs one. Salve makes none, since its own would " +
			"have no ACLs.")},
		Narrow: func(env control.Env) []string {
			if env.Params.Text(needs.ParamBucket) == "" {
				return reaches(env, "")
			}
			return reaches(env, "arn:"+env.Target.Partition+":s3:::"+env.Params.Text(needs.ParamBucket))
		},
	})
}

// ofS3 is how the host of a bucket in the run's Region ends, as CloudFront takes it.
// Source: CloudFront developer guide, "Configure standard logging (legacy)"; Getting started with AWS services in
// China, "Endpoints and ARNs".
func ofS3(t control.Target) string {
	if t.Partition == "aws-cn" { // where no host is without its Region
		return ".s3." + t.Region + ".amazonaws.com.cn"
	}
	return ".s3.amazonaws.com"
}

// fits notes why the bucket that people have named would not do, if they have.
func fits(ctx context.Context, env control.Env, now values) error {
	bucket := env.Params.Text(needs.ParamBucket)
	if bucket == "" {
		return nil
	}
	why, err := unfitFor(ctx, env, bucket)
	if why != "" {
		now[unfit] = why
	}
	return err
}

// unfitFor is why the bucket takes no log of CloudFront's, "" where it does: there has to be one, of this account and
// within the run's reach, and its ACL has to count.
// Source: CloudFront developer guide, "Configure standard logging (legacy)".
func unfitFor(ctx context.Context, env control.Env, bucket string) (string, error) {
	out, err := buckets(env).GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{
		Bucket: &bucket, ExpectedBucketOwner: &env.Target.Account,
	})
	var refused smithy.APIError
	switch {
	case errors.As(err, &refused) && refused.ErrorCode() == "OwnershipControlsNotFoundError":
		return "", nil // as buckets were made before there were such settings
	case fault.Of(err) == fault.Gone:
		return "there is no bucket " + bucket, nil
	case fault.Elsewhere(err): // a run has rights in its own Region alone, and CloudFront asks S3 with them
		return "bucket " + bucket + " is not in Region " + env.Target.Region + ", outside of which the run may do " +
			"nothing", nil
	case fault.Of(err) == fault.Denied && fault.Denier(err) == "":
		return "bucket " + bucket + " is none of account " + env.Target.Account, nil
	case err != nil:
		return "", err
	}
	for _, rule := range out.OwnershipControls.Rules {
		if rule.ObjectOwnership == s3types.ObjectOwnershipBucketOwnerEnforced {
			return "bucket " + bucket + " takes no ACLs, and CloudFront needs one on it", nil
		}
	}
	return "", nil
}
