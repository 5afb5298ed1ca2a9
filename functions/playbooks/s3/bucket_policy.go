package s3

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policydoc"
)

func readPolicy(ctx context.Context, env control.Env) (policydoc.State, error) {
	doc, err := openBucket(env).policy(ctx)
	return doc.State(), err
}

// writePolicy reads again right before it writes: the call replaces the whole policy.
func writePolicy(ctx context.Context, env control.Env, from, to policydoc.State) error {
	b := openBucket(env)
	doc, err := b.policy(ctx)
	if err != nil {
		return err
	}
	changed, err := doc.Change(from, to)
	if err != nil || !changed {
		return err
	}
	if doc.Empty() {
		_, err = b.client.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{
			Bucket: b.name, ExpectedBucketOwner: b.owner,
		})
		return err
	}
	text, err := doc.Text()
	if err != nil {
		return err
	}
	_, err = b.client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner, Policy: aws.String(text),
	})
	return err
}

// policy reads the policy of the bucket; none is an empty document.
func (b bucket) policy(ctx context.Context) (policydoc.Document, error) {
	out, err := b.client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: b.name, ExpectedBucketOwner: b.owner})
	if fault.Unset(err) {
		return policydoc.Document{}, nil
	}
	if err != nil {
		return policydoc.Document{}, err
	}
	doc, err := policydoc.Read(aws.ToString(out.Policy))
	if err != nil {
		return doc, fmt.Errorf("the policy of bucket %s: %w", *b.name, err)
	}
	return doc, nil
}
