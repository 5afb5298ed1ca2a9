package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

const (
	deployTimeout = 3 * time.Minute
	pollEvery     = 100 * time.Millisecond
	// inlineTemplate is the largest template CloudFormation takes in the request itself, linkedTemplate the largest
	// that it fetches from a bucket. Emulators take any.
	inlineTemplate, linkedTemplate = 51_200, 1_000_000
)

// ArtifactBucket is where Upload puts code and templates. Stacks read buckets of this kind, of their own account.
func (l *Lab) ArtifactBucket() string { return artifactBucket(l.options.Hub) }

func artifactBucket(account string) string { return artifactPrefix + "-" + account }

// Upload puts an object, for instance a function's zip, into the hub's artefact bucket and makes the bucket if need be.
func (l *Lab) Upload(ctx context.Context, key string, content []byte) error {
	return l.upload(ctx, l.options.Hub, key, content)
}

func (l *Lab) upload(ctx context.Context, account, key string, content []byte) error {
	client, bucket := l.S3(account), aws.String(artifactBucket(account))
	in := &s3.CreateBucketInput{Bucket: bucket}
	if region := l.Region(); region != DefaultRegion { // which S3 wants to be told of, but for this one
		in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{
			LocationConstraint: s3types.BucketLocationConstraint(region),
		}
	}
	_, err := client.CreateBucket(ctx, in)
	var owned *s3types.BucketAlreadyOwnedByYou
	if err != nil && !errors.As(err, &owned) {
		return fmt.Errorf("creating bucket %s: %w", *bucket, err)
	}
	_, err = client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: bucket, Key: aws.String(key), Body: bytes.NewReader(content),
	})
	if err != nil {
		return fmt.Errorf("uploading %s: %w", key, err)
	}
	return nil
}

// Stack is what to deploy and where.
type Stack struct {
	Name, Account, Region string
	Template              string
	Parameters            map[string]string
	Capabilities          []types.Capability
}

// Deploy creates or updates a stack, waits for its end and returns its outputs. When it fails, the error names
// the resources that did and why.
func (l *Lab) Deploy(ctx context.Context, s Stack) (map[string]string, error) {
	client := cloudformation.NewFromConfig(l.Config(s.Account, s.Region))
	ctx, cancel := context.WithTimeout(ctx, deployTimeout)
	defer cancel()
	found, err := describe(ctx, client, s.Name)
	if err != nil {
		return nil, err
	}
	if found != nil && found.StackStatus == types.StackStatusRollbackComplete {
		if err := l.Undeploy(ctx, s.Name, s.Account, s.Region); err != nil {
			return nil, err
		}
		found = nil
	}
	if err := l.submit(ctx, client, s, found != nil); err != nil {
		return nil, err
	}
	found, err = settled(ctx, client, s.Name)
	if err != nil {
		return nil, err
	}
	if found.StackStatus != types.StackStatusCreateComplete && found.StackStatus != types.StackStatusUpdateComplete {
		return nil, fmt.Errorf("stack %s ended as %s: %s", s.Name, found.StackStatus, reasons(ctx, client, s.Name))
	}
	outputs := map[string]string{}
	for _, output := range found.Outputs {
		outputs[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
	}
	return outputs, nil
}

// handOver is the template as the request has it: as its body, or by the URL of an object where it is larger than that.
func (l *Lab) handOver(ctx context.Context, s Stack) (body, address *string, err error) {
	switch size := len(s.Template); {
	case size <= inlineTemplate:
		return aws.String(s.Template), nil, nil
	case size > linkedTemplate:
		return nil, nil, fmt.Errorf("stack %s: its template has %d bytes, CloudFormation takes %d",
			s.Name, size, linkedTemplate)
	}
	key := "templates/" + s.Name + ".yaml"
	if err := l.upload(ctx, s.Account, key, []byte(s.Template)); err != nil {
		return nil, nil, err
	}
	return nil, aws.String(l.endpoint + "/" + artifactBucket(s.Account) + "/" + key), nil
}

// submit asks for the creation or the update. Nothing to update is fine.
func (l *Lab) submit(ctx context.Context, client *cloudformation.Client, s Stack, exists bool) error {
	body, address, err := l.handOver(ctx, s)
	if err != nil {
		return err
	}
	var parameters []types.Parameter
	for name, value := range s.Parameters {
		parameters = append(parameters, types.Parameter{
			ParameterKey: aws.String(name), ParameterValue: aws.String(value),
		})
	}
	if exists {
		_, err = client.UpdateStack(ctx, &cloudformation.UpdateStackInput{
			StackName: aws.String(s.Name), TemplateBody: body, TemplateURL: address,
			Parameters: parameters, Capabilities: s.Capabilities,
		})
	} else {
		_, err = client.CreateStack(ctx, &cloudformation.CreateStackInput{
			StackName: aws.String(s.Name), TemplateBody: body, TemplateURL: address,
			Parameters: parameters, Capabilities: s.Capabilities,
		})
	}
	if err != nil && !strings.Contains(err.Error(), "No updates are to be performed") {
		return fmt.Errorf("deploying stack %s: %w", s.Name, err)
	}
	return nil
}

// Undeploy deletes a stack and waits for its end.
func (l *Lab) Undeploy(ctx context.Context, name, account, region string) error {
	client := cloudformation.NewFromConfig(l.Config(account, region))
	_, err := client.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: aws.String(name)})
	if err != nil {
		return fmt.Errorf("deleting stack %s: %w", name, err)
	}
	found, err := settled(ctx, client, name)
	if err != nil || found == nil || found.StackStatus == types.StackStatusDeleteComplete {
		return err
	}
	return fmt.Errorf("stack %s ended as %s: %s", name, found.StackStatus, reasons(ctx, client, name))
}

// describe returns the stack, or nil where there is none.
func describe(ctx context.Context, client *cloudformation.Client, name string) (*types.Stack, error) {
	out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(name)})
	var refused smithy.APIError
	if errors.As(err, &refused) && strings.Contains(refused.ErrorMessage(), "does not exist") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("asking for stack %s: %w", name, err)
	}
	if len(out.Stacks) == 0 {
		return nil, nil
	}
	return &out.Stacks[0], nil
}

// settled waits until nothing is in progress on the stack any more.
func settled(ctx context.Context, client *cloudformation.Client, name string) (*types.Stack, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		found, err := describe(ctx, client, name)
		if err != nil || found == nil || !strings.HasSuffix(string(found.StackStatus), "_IN_PROGRESS") {
			return found, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("stack %s is still %s: %w", name, found.StackStatus, ctx.Err())
		}
	}
}

// reasons lists the resources that failed, oldest first: the first one is usually the cause.
func reasons(ctx context.Context, client *cloudformation.Client, name string) string {
	out, err := client.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: aws.String(name)})
	if err != nil {
		return "its events cannot be read: " + err.Error()
	}
	var failed []string
	for i := len(out.StackEvents) - 1; i >= 0; i-- {
		e := out.StackEvents[i]
		if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") {
			failed = append(failed, fmt.Sprintf("%s (%s): %s", aws.ToString(e.LogicalResourceId),
				aws.ToString(e.ResourceType), aws.ToString(e.ResourceStatusReason)))
		}
	}
	return strings.Join(failed, "; ")
}
