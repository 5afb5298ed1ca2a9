package rollout_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/rollout"
	"github.com/salve-security/salve/internal/stack"
	"github.com/salve-security/salve/internal/stack/stacktest"
)

const account = "111111111111"

const hubTemplate = `
Parameters:
  CodeBucket: {Type: String}
  CodeKey: {Type: String}
  Revision: {Type: String, Default: "0"}
  LiveVersion: {Type: String, Default: ""}
  Architecture: {Type: String, Default: arm64}
  OrgId: {Type: String, Default: ""}
  ExternalId: {Type: String, Default: "", NoEcho: true}
  CustomActions: {Type: String, Default: ByCommand}
  DeletionProtection: {Type: String, Default: "true"}
  NoticeEmail: {Type: String, Default: ""}
  NamePrefix: {Type: String, Default: ""}
  RolePath: {Type: String, Default: /}
Resources:
  Thing: {Type: AWS::SQS::Queue}
`

const memberTemplate = `
Parameters:
  OrchestratorRoleArn: {Type: String}
  OrgId: {Type: String, Default: ""}
  ExternalId: {Type: String, Default: "", NoEcho: true}
  CodeBucket: {Type: String, Default: salve-*}
Resources:
  Role: {Type: AWS::IAM::Role}
`

// world is an account in memory whose every call can be struck: CloudFormation, the bucket, the custom actions and the
// configuration.
type world struct {
	*stacktest.Cloud
	buckets map[string]*bucket
	actions map[string]bool
	config  gate.Settings
}

// bucket is a bucket and what is set on it.
type bucket struct {
	owner    string
	settings map[string]bool
	objects  map[string]string
}

func newWorld() *world {
	return &world{Cloud: stacktest.New(account), buckets: map[string]*bucket{}, actions: map[string]bool{}}
}

// hub is the hub that a run of the command wishes.
func (w *world) hub(code string) *rollout.Hub {
	place := rollout.Place{Partition: "aws", Account: account, Region: "eu-central-1"}
	h := &rollout.Hub{
		Place: place, Bucket: w.artefacts(place), Driver: w.driver(), Template: hubTemplate, OrgID: "o-0123456789",
		Actions: buttons{w}, Shelf: shelf{w},
	}
	if code != "" {
		h.Code = &rollout.Code{Content: []byte(code), Key: fmt.Sprintf("%024x.zip", code), Architecture: "arm64"}
	}
	return h
}

func (w *world) artefacts(place rollout.Place) rollout.Bucket {
	return rollout.Bucket{API: storage{w}, Presign: storage{w}, Place: place, Name: place.BucketName()}
}

func (w *world) driver() stack.Driver {
	return stack.Driver{API: w.Cloud, Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
}

// end is all that is there, as it tells two ends apart.
func (w *world) end() string {
	var out []string
	for name, s := range w.Stacks() {
		if s.Status != "DELETE_COMPLETE" {
			status := strings.TrimPrefix(strings.TrimPrefix(string(s.Status), "CREATE_"), "UPDATE_")
			out = append(out, fmt.Sprint(name, status, s.Parameters, s.Protected))
		}
	}
	for name, b := range w.buckets {
		out = append(out, fmt.Sprint(name, b.owner, b.settings, b.objects))
	}
	out = append(out, fmt.Sprint(w.actions), w.config.Doc)
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// did counts a call, lets it happen unless it is struck, and strikes its answer.
func (w *world) did(call string, do func() error) error {
	w.Calls = append(w.Calls, call)
	if w.Before != nil {
		if err := w.Before(call); err != nil {
			return err
		}
	}
	if err := do(); err != nil {
		return err
	}
	if w.After != nil {
		return w.After(call)
	}
	return nil
}

// answered is an error with a status of HTTP, as S3 answers.
func answered(status int, code string) error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
		Err:      &smithy.GenericAPIError{Code: code, Message: code},
	}
}

// storage is S3 in memory.
type storage struct{ w *world }

// in finds a bucket, which must be of the account that the caller expects.
func (s storage) in(name, owner *string) (*bucket, error) {
	b := s.w.buckets[aws.ToString(name)]
	switch {
	case aws.ToString(owner) == "":
		return nil, errors.New("no owner is expected: a stranger's bucket could be used")
	case b == nil:
		return nil, answered(http.StatusNotFound, "NoSuchBucket")
	case b.owner != *owner:
		return nil, answered(http.StatusForbidden, "AccessDenied")
	}
	return b, nil
}

// use does something with a bucket.
func (s storage) use(call string, name, owner *string, do func(*bucket) error) error {
	return s.w.did(call, func() error {
		b, err := s.in(name, owner)
		if err != nil {
			return err
		}
		return do(b)
	})
}

func (s storage) put(call string, name, owner *string) error {
	return s.use(call, name, owner, func(b *bucket) error {
		b.settings[call] = true
		return nil
	})
}

// get answers 404 where nothing is set.
func (s storage) get(call string, name, owner *string) error {
	return s.use(call, name, owner, func(b *bucket) error {
		if !b.settings[strings.Replace(call, "Get", "Put", 1)] {
			return answered(http.StatusNotFound, "NotSet")
		}
		return nil
	})
}

func (s storage) HeadBucket(_ context.Context, in *s3.HeadBucketInput, _ ...func(*s3.Options)) (
	*s3.HeadBucketOutput, error,
) {
	return &s3.HeadBucketOutput{}, s.use("HeadBucket", in.Bucket, in.ExpectedBucketOwner,
		func(*bucket) error { return nil })
}

func (s storage) CreateBucket(_ context.Context, in *s3.CreateBucketInput, _ ...func(*s3.Options)) (
	*s3.CreateBucketOutput, error,
) {
	return &s3.CreateBucketOutput{}, s.w.did("CreateBucket", func() error {
		b := s.w.buckets[*in.Bucket]
		if b != nil && b.owner == account {
			return &types.BucketAlreadyOwnedByYou{}
		}
		if b != nil {
			return &types.BucketAlreadyExists{}
		}
		s.w.buckets[*in.Bucket] = &bucket{owner: account, settings: map[string]bool{}, objects: map[string]string{}}
		return nil
	})
}

func (s storage) GetPublicAccessBlock(_ context.Context, in *s3.GetPublicAccessBlockInput, _ ...func(*s3.Options)) (
	*s3.GetPublicAccessBlockOutput, error,
) {
	yes := aws.Bool(true)
	if err := s.get("GetPublicAccessBlock", in.Bucket, in.ExpectedBucketOwner); err != nil {
		return nil, err
	}
	return &s3.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
		BlockPublicAcls: yes, BlockPublicPolicy: yes, IgnorePublicAcls: yes, RestrictPublicBuckets: yes,
	}}, nil
}

func (s storage) PutPublicAccessBlock(_ context.Context, in *s3.PutPublicAccessBlockInput, _ ...func(*s3.Options)) (
	*s3.PutPublicAccessBlockOutput, error,
) {
	return nil, s.put("PutPublicAccessBlock", in.Bucket, in.ExpectedBucketOwner)
}

func (s storage) GetBucketVersioning(_ context.Context, in *s3.GetBucketVersioningInput, _ ...func(*s3.Options)) (
	*s3.GetBucketVersioningOutput, error,
) {
	out := &s3.GetBucketVersioningOutput{}
	return out, s.use("GetBucketVersioning", in.Bucket, in.ExpectedBucketOwner, func(b *bucket) error {
		if b.settings["PutBucketVersioning"] {
			out.Status = types.BucketVersioningStatusEnabled
		}
		return nil
	})
}

func (s storage) PutBucketVersioning(_ context.Context, in *s3.PutBucketVersioningInput, _ ...func(*s3.Options)) (
	*s3.PutBucketVersioningOutput, error,
) {
	return nil, s.put("PutBucketVersioning", in.Bucket, in.ExpectedBucketOwner)
}

func (s storage) GetBucketEncryption(_ context.Context, in *s3.GetBucketEncryptionInput, _ ...func(*s3.Options)) (
	*s3.GetBucketEncryptionOutput, error,
) {
	if err := s.get("GetBucketEncryption", in.Bucket, in.ExpectedBucketOwner); err != nil {
		return nil, err
	}
	rules := &types.ServerSideEncryptionConfiguration{}
	return &s3.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: rules}, nil
}

func (s storage) PutBucketEncryption(_ context.Context, in *s3.PutBucketEncryptionInput, _ ...func(*s3.Options)) (
	*s3.PutBucketEncryptionOutput, error,
) {
	return nil, s.put("PutBucketEncryption", in.Bucket, in.ExpectedBucketOwner)
}

func (s storage) GetBucketPolicy(_ context.Context, in *s3.GetBucketPolicyInput, _ ...func(*s3.Options)) (
	*s3.GetBucketPolicyOutput, error,
) {
	if err := s.get("GetBucketPolicy", in.Bucket, in.ExpectedBucketOwner); err != nil {
		return nil, err
	}
	return &s3.GetBucketPolicyOutput{Policy: aws.String("{}")}, nil
}

func (s storage) PutBucketPolicy(_ context.Context, in *s3.PutBucketPolicyInput, _ ...func(*s3.Options)) (
	*s3.PutBucketPolicyOutput, error,
) {
	return nil, s.put("PutBucketPolicy", in.Bucket, in.ExpectedBucketOwner)
}

func (s storage) HeadObject(_ context.Context, in *s3.HeadObjectInput, _ ...func(*s3.Options)) (
	*s3.HeadObjectOutput, error,
) {
	return nil, s.use("HeadObject", in.Bucket, in.ExpectedBucketOwner, func(b *bucket) error {
		if _, ok := b.objects[*in.Key]; !ok {
			return answered(http.StatusNotFound, "NotFound")
		}
		return nil
	})
}

func (s storage) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (
	*s3.PutObjectOutput, error,
) {
	return nil, s.use("PutObject", in.Bucket, in.ExpectedBucketOwner, func(b *bucket) error {
		content, err := io.ReadAll(in.Body)
		b.objects[*in.Key] = string(content)
		return err
	})
}

func (s storage) ListObjectVersions(_ context.Context, in *s3.ListObjectVersionsInput, _ ...func(*s3.Options)) (
	*s3.ListObjectVersionsOutput, error,
) {
	out := &s3.ListObjectVersionsOutput{}
	return out, s.use("ListObjectVersions", in.Bucket, in.ExpectedBucketOwner, func(b *bucket) error {
		for _, key := range slices.Sorted(maps.Keys(b.objects)) {
			if !strings.HasPrefix(key, aws.ToString(in.Prefix)) {
				continue
			}
			out.Versions = append(out.Versions, types.ObjectVersion{Key: &key, VersionId: aws.String("v")})
		}
		return nil
	})
}

func (s storage) DeleteObjects(_ context.Context, in *s3.DeleteObjectsInput, _ ...func(*s3.Options)) (
	*s3.DeleteObjectsOutput, error,
) {
	return &s3.DeleteObjectsOutput{}, s.use("DeleteObjects", in.Bucket, in.ExpectedBucketOwner, func(b *bucket) error {
		for _, o := range in.Delete.Objects {
			delete(b.objects, *o.Key)
		}
		return nil
	})
}

func (s storage) DeleteBucket(_ context.Context, in *s3.DeleteBucketInput, _ ...func(*s3.Options)) (
	*s3.DeleteBucketOutput, error,
) {
	return nil, s.use("DeleteBucket", in.Bucket, in.ExpectedBucketOwner, func(b *bucket) error {
		if len(b.objects) > 0 {
			return answered(http.StatusConflict, "BucketNotEmpty")
		}
		delete(s.w.buckets, *in.Bucket)
		return nil
	})
}

func (s storage) PresignGetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.PresignOptions)) (
	*v4.PresignedHTTPRequest, error,
) {
	return &v4.PresignedHTTPRequest{URL: "https://" + *in.Bucket + "/" + *in.Key}, nil
}

// carried carries parts out, or ends the test.
func carried(t *testing.T, parts rollout.Parts) []rollout.Item {
	t.Helper()
	items, err := parts.Carry(t.Context())
	if err != nil {
		t.Fatalf("%v, after %v", err, items)
	}
	return items
}

var errStruck = errors.New("struck")
