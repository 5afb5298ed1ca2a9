package labtest

import (
	"context"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/run"
)

// sessions is a hook that keeps what a process asks STS for.
type sessions struct {
	mu    sync.Mutex
	asked []*sts.AssumeRoleInput
}

func (s *sessions) keep(ctx context.Context, c call, do func(context.Context) error) error {
	if in, ok := c.input.(*sts.AssumeRoleInput); ok {
		s.mu.Lock()
		s.asked = append(s.asked, in)
		s.mu.Unlock()
	}
	return do(ctx)
}

// session opens the very session of a run once more.
func (w *world) session(t *testing.T, in *sts.AssumeRoleInput) aws.Config {
	t.Helper()
	out, err := sts.NewFromConfig(w.hub).AssumeRole(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	cfg := w.hub.Copy()
	cfg.Credentials = credentials.NewStaticCredentialsProvider(aws.ToString(out.Credentials.AccessKeyId),
		aws.ToString(out.Credentials.SecretAccessKey), aws.ToString(out.Credentials.SessionToken))
	return cfg
}

// attempt is one call, on one bucket where the call is about a bucket.
type attempt func(ctx context.Context, cfg aws.Config, bucket string) error

// declared are the calls the control's own actions allow.
func declared() map[string]attempt {
	return map[string]attempt{
		"read the block": func(ctx context.Context, cfg aws.Config, bucket string) error {
			_, err := s3.NewFromConfig(cfg, lab.PathStyle).GetPublicAccessBlock(ctx,
				&s3.GetPublicAccessBlockInput{Bucket: &bucket})
			return err
		},
		"write the block": func(ctx context.Context, cfg aws.Config, bucket string) error {
			_, err := s3.NewFromConfig(cfg, lab.PathStyle).PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
				Bucket: &bucket, PublicAccessBlockConfiguration: block(true, true, true, true),
			})
			return err
		},
	}
}

// foreign are calls to S3 that a run of Store.3 has no business with.
func foreign() map[string]attempt {
	return map[string]attempt{
		"read the policy": func(ctx context.Context, cfg aws.Config, bucket string) error {
			_, err := s3.NewFromConfig(cfg, lab.PathStyle).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &bucket})
			return err
		},
		"delete the policy": func(ctx context.Context, cfg aws.Config, bucket string) error {
			_, err := s3.NewFromConfig(cfg, lab.PathStyle).DeleteBucketPolicy(ctx,
				&s3.DeleteBucketPolicyInput{Bucket: &bucket})
			return err
		},
		"publish by ACL": func(ctx context.Context, cfg aws.Config, bucket string) error {
			_, err := s3.NewFromConfig(cfg, lab.PathStyle).PutBucketAcl(ctx,
				&s3.PutBucketAclInput{Bucket: &bucket, ACL: types.BucketCannedACLPublicRead})
			return err
		},
		"list objects": func(ctx context.Context, cfg aws.Config, bucket string) error {
			_, err := s3.NewFromConfig(cfg, lab.PathStyle).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket})
			return err
		},
		"read an object": func(ctx context.Context, cfg aws.Config, bucket string) error {
			_, err := s3.NewFromConfig(cfg, lab.PathStyle).GetObject(ctx,
				&s3.GetObjectInput{Bucket: &bucket, Key: aws.String("secret")})
			return err
		},
		"delete the bucket": func(ctx context.Context, cfg aws.Config, bucket string) error {
			_, err := s3.NewFromConfig(cfg, lab.PathStyle).DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &bucket})
			return err
		},
		"list buckets": func(ctx context.Context, cfg aws.Config, _ string) error {
			_, err := s3.NewFromConfig(cfg, lab.PathStyle).ListBuckets(ctx, &s3.ListBucketsInput{})
			return err
		},
		"open the account's block": func(ctx context.Context, cfg aws.Config, _ string) error {
			cfg.APIOptions = append(cfg.APIOptions, lab.NoHostPrefix)
			_, err := s3control.NewFromConfig(cfg).DeletePublicAccessBlock(ctx,
				&s3control.DeletePublicAccessBlockInput{AccountId: aws.String(shared.Members()[0])})
			return err
		},
	}
}

// elsewhere are calls to other services.
func elsewhere() map[string]attempt {
	return map[string]attempt{
		"list roles": func(ctx context.Context, cfg aws.Config, _ string) error {
			_, err := iam.NewFromConfig(cfg).ListRoles(ctx, &iam.ListRolesInput{})
			return err
		},
		"see instances": func(ctx context.Context, cfg aws.Config, _ string) error {
			_, err := ec2.NewFromConfig(cfg).DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
			return err
		},
		"see keys": func(ctx context.Context, cfg aws.Config, _ string) error {
			_, err := kms.NewFromConfig(cfg).ListKeys(ctx, &kms.ListKeysInput{})
			return err
		},
		"read the ledger": func(ctx context.Context, cfg aws.Config, _ string) error {
			_, err := dynamodb.NewFromConfig(cfg).Scan(ctx, &dynamodb.ScanInput{
				TableName: aws.String("arn:aws:dynamodb:" + shared.Region() + ":" + shared.Hub() + ":table/salve"),
			})
			return err
		},
		"become another": func(ctx context.Context, cfg aws.Config, _ string) error {
			_, err := sts.NewFromConfig(cfg).AssumeRole(ctx, &sts.AssumeRoleInput{
				RoleArn:         aws.String("arn:aws:iam::" + shared.Members()[1] + ":role/salve-remediation"),
				RoleSessionName: aws.String("r1"),
			})
			return err
		},
	}
}

// TestTheSessionOfARunIsNarrow takes the session of a real run and tries what
// else could be done with it.
func TestTheSessionOfARunIsNarrow(t *testing.T) {
	w := newWorld(t)
	s := &sessions{}
	p := w.start(t, s.keep)
	b, other := w.bucket(t, nil), w.bucket(t, nil)
	p.handle(t, w.imported(t, w.report(t, w.spec(b))))
	r := w.ended(t, run.StatusVerified)
	if len(s.asked) != 1 {
		t.Fatalf("%d sessions were opened, want 1", len(s.asked))
	}
	if got := aws.ToString(s.asked[0].RoleSessionName); got != r.ID {
		t.Errorf("the session is named %s, want the run's id", got)
	}
	cfg := w.session(t, s.asked[0])
	abroad := cfg.Copy()
	abroad.Region = "eu-west-1"
	for name, try := range declared() {
		if err := try(t.Context(), cfg, b); err != nil {
			t.Errorf("%s of the run's own bucket: %v", name, err)
		}
		for where, err := range map[string]error{
			"another bucket": try(t.Context(), cfg, other), "another Region": try(t.Context(), abroad, b),
		} {
			if fault.Of(err) != fault.Denied {
				t.Errorf("%s in %s: %v, want a denial", name, where, err)
			}
		}
	}
	for _, calls := range []map[string]attempt{foreign(), elsewhere()} {
		for name, try := range calls {
			if err := try(t.Context(), cfg, b); fault.Of(err) != fault.Denied {
				t.Errorf("%s: %v, want a denial", name, err)
			}
		}
	}
}

// TestAPreviewCannotWrite: the session that makes a plan is not even able to.
func TestAPreviewCannotWrite(t *testing.T) {
	w := newWorld(t)
	s := &sessions{}
	b := w.bucket(t, nil)
	plan, err := w.start(t, s.keep).Preview(t.Context(), w.request(b))
	if err != nil || len(plan.Changes) == 0 || len(s.asked) != 1 {
		t.Fatalf("plan %+v, %v, %d sessions", plan, err, len(s.asked))
	}
	w.silent(t)
	cfg := w.session(t, s.asked[0])
	may := declared()
	if err := may["read the block"](t.Context(), cfg, b); err != nil && !fault.Unset(err) {
		t.Errorf("read the block: %v", err)
	}
	if err := may["write the block"](t.Context(), cfg, b); fault.Of(err) != fault.Denied {
		t.Errorf("write the block: %v, want a denial", err)
	}
}

// TestAPreviewOfAnUndoCannotWrite: neither can the one that looks before an undo.
func TestAPreviewOfAnUndoCannotWrite(t *testing.T) {
	w := newWorld(t)
	b, _, r := w.repaired(t, w.start(t), nil)
	s := &sessions{}
	preview, err := w.start(t, s.keep).PreviewUndo(t.Context(), work.Takeback{Run: r.ID})
	if err != nil || len(preview.Plan.Changes) == 0 || len(s.asked) != 1 {
		t.Fatalf("preview %+v, %v, %d sessions", preview, err, len(s.asked))
	}
	if err := declared()["write the block"](t.Context(), w.session(t, s.asked[0]), b); fault.Of(err) != fault.Denied {
		t.Errorf("write the block: %v, want a denial", err)
	}
}
