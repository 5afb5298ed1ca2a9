package rollout

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
)

// S3 are the calls that the bucket of the program and the templates takes.
type S3 interface {
	HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
	CreateBucket(context.Context, *s3.CreateBucketInput, ...func(*s3.Options)) (*s3.CreateBucketOutput, error)
	GetPublicAccessBlock(context.Context, *s3.GetPublicAccessBlockInput, ...func(*s3.Options)) (
		*s3.GetPublicAccessBlockOutput, error)
	PutPublicAccessBlock(context.Context, *s3.PutPublicAccessBlockInput, ...func(*s3.Options)) (
		*s3.PutPublicAccessBlockOutput, error)
	GetBucketVersioning(context.Context, *s3.GetBucketVersioningInput, ...func(*s3.Options)) (
		*s3.GetBucketVersioningOutput, error)
	PutBucketVersioning(context.Context, *s3.PutBucketVersioningInput, ...func(*s3.Options)) (
		*s3.PutBucketVersioningOutput, error)
	GetBucketEncryption(context.Context, *s3.GetBucketEncryptionInput, ...func(*s3.Options)) (
		*s3.GetBucketEncryptionOutput, error)
	PutBucketEncryption(context.Context, *s3.PutBucketEncryptionInput, ...func(*s3.Options)) (
		*s3.PutBucketEncryptionOutput, error)
	GetBucketPolicy(context.Context, *s3.GetBucketPolicyInput, ...func(*s3.Options)) (*s3.GetBucketPolicyOutput, error)
	PutBucketPolicy(context.Context, *s3.PutBucketPolicyInput, ...func(*s3.Options)) (*s3.PutBucketPolicyOutput, error)
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	ListObjectVersions(context.Context, *s3.ListObjectVersionsInput, ...func(*s3.Options)) (
		*s3.ListObjectVersionsOutput, error)
	DeleteObjects(context.Context, *s3.DeleteObjectsInput, ...func(*s3.Options)) (*s3.DeleteObjectsOutput, error)
	DeleteBucket(context.Context, *s3.DeleteBucketInput, ...func(*s3.Options)) (*s3.DeleteBucketOutput, error)
}

// Presigner makes addresses of objects that can be read without rights on the bucket.
type Presigner interface {
	PresignGetObject(context.Context, *s3.GetObjectInput, ...func(*s3.PresignOptions)) (*v4.PresignedHTTPRequest, error)
}

// Place is an account and Region of a partition, and how names begin there.
type Place struct {
	Partition, Account, Region string
	Home                       names.Home
}

// Bucket is the bucket of the program and the templates, in the hub's Region. All calls name the owner that it must
// have: a bucket of that name in another account is never used.
type Bucket struct {
	API     S3
	Presign Presigner
	Place   Place
	Name    string
}

// BucketName is what the bucket is called unless somebody says otherwise. Salve's role in members is denied to touch
// buckets whose names begin with salve-.
func (p Place) BucketName() string { return "salve-artifacts-" + p.Account + "-" + p.Region }

// What the bucket must be, as the plan says it.
const (
	private   = "private"
	encrypted = "encrypted"
	versioned = "versioned"
	tlsOnly   = "TLS only"
)

// policy lets nobody in without TLS.
func (b Bucket) policy() string {
	arn := "arn:" + b.Place.Partition + ":s3:::" + b.Name
	return `{"Version":"2012-10-17","Statement":[{"Sid":"OnlyOverTLS","Effect":"Deny","Principal":"*","Action":"s3:*",` +
		`"Resource":["` + arn + `","` + arn + `/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
}

// exists tells whether the bucket is there, and is this account's.
func (b Bucket) exists(ctx context.Context) (bool, error) {
	_, err := b.API.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.Name, ExpectedBucketOwner: &b.Place.Account})
	var answer *smithyhttp.ResponseError
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusNotFound:
		return false, nil
	case errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusForbidden:
		return false, fault.New(fault.Refused, "bucket %s is another account's, or you may not see it: it is not used; name "+
			"another with --bucket, or use credentials that may s3:ListBucket on it", b.Name)
	case errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusMovedPermanently:
		return false, fault.New(fault.Refused, "bucket %s is in another Region: name one of %s with --bucket", b.Name,
			b.Place.Region)
	}
	return false, fmt.Errorf("look for bucket %s: %w", b.Name, err)
}

// lacks is what the bucket must be and is not.
func (b Bucket) lacks(ctx context.Context) ([]string, error) {
	var all []string
	owner := &b.Place.Account
	block, err := b.API.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{
		Bucket: &b.Name, ExpectedBucketOwner: owner,
	})
	if err = none(err); err != nil {
		return nil, fmt.Errorf("look at bucket %s: %w", b.Name, err)
	}
	if block == nil || !shut(block.PublicAccessBlockConfiguration) {
		all = append(all, private)
	}
	key, err := b.API.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &b.Name, ExpectedBucketOwner: owner})
	if err = none(err); err != nil {
		return nil, fmt.Errorf("look at bucket %s: %w", b.Name, err)
	}
	if key == nil || key.ServerSideEncryptionConfiguration == nil {
		all = append(all, encrypted)
	}
	versions, err := b.API.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{
		Bucket: &b.Name, ExpectedBucketOwner: owner,
	})
	if err != nil {
		return nil, fmt.Errorf("look at bucket %s: %w", b.Name, err)
	}
	if versions.Status != types.BucketVersioningStatusEnabled {
		all = append(all, versioned)
	}
	policy, err := b.API.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &b.Name, ExpectedBucketOwner: owner})
	if err = none(err); err != nil {
		return nil, fmt.Errorf("look at bucket %s: %w", b.Name, err)
	}
	// A policy that somebody gave it is theirs.
	if policy == nil || aws.ToString(policy.Policy) == "" {
		all = append(all, tlsOnly)
	}
	return all, nil
}

func shut(c *types.PublicAccessBlockConfiguration) bool {
	return c != nil && aws.ToBool(c.BlockPublicAcls) && aws.ToBool(c.BlockPublicPolicy) &&
		aws.ToBool(c.IgnorePublicAcls) && aws.ToBool(c.RestrictPublicBuckets)
}

// none takes the answer that something is not set for no error.
func none(err error) error {
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusNotFound {
		return nil
	}
	return err
}

// Plan says whether the bucket is to be made, or set right.
func (b Bucket) Plan(ctx context.Context) ([]Item, error) {
	item := Item{Account: b.Place.Account, What: "bucket " + b.Name, Action: Create, Detail: both(all())}
	there, err := b.exists(ctx)
	if err != nil {
		return nil, err
	}
	if there {
		lacking, err := b.lacks(ctx)
		if err != nil {
			return nil, err
		}
		item.Action, item.Detail = Change, both(lacking)
		if len(lacking) == 0 {
			item.Action, item.Done = Nothing, true
		}
	}
	return []Item{item}, nil
}

func all() []string { return []string{private, encrypted, versioned, tlsOnly} }

// Carry makes the bucket, and sets it right.
func (b Bucket) Carry(ctx context.Context) ([]Item, error) {
	items, err := b.Plan(ctx)
	if err != nil {
		return nil, err
	}
	if items[0].Action == Create {
		if err := b.create(ctx); err != nil {
			return nil, err
		}
	}
	if items[0].Action != Nothing {
		lacking, err := b.lacks(ctx)
		if err != nil {
			return nil, err
		}
		for _, what := range lacking {
			if err := b.set(ctx, what); err != nil {
				return nil, fmt.Errorf("set bucket %s right (%s): %w", b.Name, what, err)
			}
		}
	}
	items[0].Done = true
	return items, nil
}

func (b Bucket) create(ctx context.Context) error {
	in := &s3.CreateBucketInput{Bucket: &b.Name, ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}
	if b.Place.Region != "us-east-1" { // which S3 does not want to be told of
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{
			LocationConstraint: types.BucketLocationConstraint(b.Place.Region),
		}
	}
	_, err := b.API.CreateBucket(ctx, in)
	var ours *types.BucketAlreadyOwnedByYou
	var theirs *types.BucketAlreadyExists
	if errors.As(err, &theirs) {
		return fault.New(fault.Refused, "bucket %s is another account's: name another with --bucket", b.Name)
	}
	if err != nil && !errors.As(err, &ours) {
		return fmt.Errorf("make bucket %s: %w", b.Name, err)
	}
	return nil
}

// set gives the bucket something that it lacks.
func (b Bucket) set(ctx context.Context, what string) error {
	var err error
	owner := &b.Place.Account
	switch what {
	case private:
		_, err = b.API.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
			Bucket: &b.Name, ExpectedBucketOwner: owner,
			PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
				BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true),
				IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
			},
		})
	case encrypted:
		_, err = b.API.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
			Bucket: &b.Name, ExpectedBucketOwner: owner,
			ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
				Rules: []types.ServerSideEncryptionRule{{
					ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
						SSEAlgorithm: types.ServerSideEncryptionAes256,
					},
				}},
			},
		})
	case versioned:
		_, err = b.API.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
			Bucket: &b.Name, ExpectedBucketOwner: owner,
			VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
		})
	case tlsOnly:
		_, err = b.API.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
			Bucket: &b.Name, ExpectedBucketOwner: owner, Policy: aws.String(b.policy()),
		})
	}
	return err
}

// Put uploads what is not there yet. The key names the content, so that what is there under it is the same.
func (b Bucket) Put(ctx context.Context, key string, content []byte) error {
	there, err := b.has(ctx, key)
	if err != nil || there {
		return err
	}
	sum := sha256.Sum256(content)
	_, err = b.API.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.Name, ExpectedBucketOwner: &b.Place.Account, Key: &key, Body: bytes.NewReader(content),
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum[:])),
	})
	if err != nil {
		return fmt.Errorf("upload %s to bucket %s: %w", key, b.Name, err)
	}
	return nil
}

// has tells whether an object is there.
func (b Bucket) has(ctx context.Context, key string) (bool, error) {
	_, err := b.API.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: &b.Name, ExpectedBucketOwner: &b.Place.Account, Key: &key,
	})
	if err == nil || none(err) == nil {
		return err == nil, nil
	}
	return false, fmt.Errorf("look for %s in bucket %s: %w", key, b.Name, err)
}

// Address is where an object can be read for a while by whoever has the address: CloudFormation reads a template with
// the rights of who deploys it, which may be somebody of another account.
func (b Bucket) Address(ctx context.Context, key string) (string, error) {
	request, err := b.Presign.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &b.Name, Key: &key})
	if err != nil {
		return "", fmt.Errorf("address of %s in bucket %s: %w", key, b.Name, err)
	}
	return request.URL, nil
}
