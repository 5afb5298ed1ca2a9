package ec2_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// flowBucket is the bucket that Salve makes.
const flowBucket = "vpc-flow-logs-" + playbooktest.DefaultAccount + "-" + playbooktest.DefaultRegion

func buckets(root aws.Config) *s3.Client {
	return s3.NewFromConfig(root, func(o *s3.Options) { o.UsePathStyle = true })
}

// quietVPC is a VPC without flow logs, in an account without the bucket.
func quietVPC(ctx context.Context, t *testing.T, root aws.Config) string {
	takeBucket(ctx, t, root)
	in := ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}
	return arn("vpc", *playbooktest.Got(ec2.NewFromConfig(root).CreateVpc(ctx, &in))(t).Vpc.VpcId)
}

func takeBucket(ctx context.Context, t *testing.T, root aws.Config) {
	_, err := buckets(root).DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String(flowBucket)})
	if fault.Of(err) != fault.Gone {
		playbooktest.Done(t, err)
	}
}

func TestFlowLogs(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.FlowLogs(), "EC2.6"),
		Seed:    quietVPC,
		Foreign: []string{"vpc-0123456789abcdef0", arn("vpc", "*"), arn("subnet", "subnet-0123456789abcdef0")},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			client, seen := ec2.NewFromConfig(root), []any{}
			in := ec2.DescribeFlowLogsInput{Filter: filter("resource-id", id(resource))}
			for _, l := range playbooktest.Got(client.DescribeFlowLogs(ctx, &in))(t).FlowLogs {
				seen = append(seen, l.TrafficType, l.LogDestination, l.MaxAggregationInterval)
			}
			vpc := ec2.DescribeVpcsInput{VpcIds: []string{id(resource)}}
			return append(seen, playbooktest.Got(client.DescribeVpcs(ctx, &vpc))(t).Vpcs[0].Tags)
		},
		Unrelated: tag,
		// The policy of the bucket lets nobody write any more.
		DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
			t.Cleanup(func() { takeBucket(context.WithoutCancel(ctx), t, root) }) // for the resources of other cases
			playbooktest.Got(buckets(root).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(flowBucket)}))(t)
			playbooktest.Got(buckets(root).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
				Bucket: aws.String(flowBucket),
				Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",` +
					`"Action":"s3:PutObject","Resource":"arn:aws:s3:::` + flowBucket + `/*"}]}`),
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(ec2.NewFromConfig(root).DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: aws.String(id(resource))}))(t)
		},
		Unseen: map[string]string{
			"logs:CreateLogDelivery": "AWS asks for it where a flow log is made that goes to a bucket",
			"logs:DeleteLogDelivery": "AWS asks for it where such a flow log is deleted",
		},
		Skip: map[string]string{playbooktest.CaseDrift: "a flow log cannot be changed: it is there or not"},
	})
}

// better: EC2.6 logs into a bucket, whose owner says how long logs stay
func TestFlowLogsFailWhereAWSDoes(t *testing.T) {
	shape := func(logs ...types.FlowLog) playbooktest.StandIn {
		for i := range logs {
			logs[i].LogDestination = aws.String("arn:aws:s3:::" + string(rune('a'+i)))
		}
		vpcs := &ec2.DescribeVpcsOutput{Vpcs: make([]types.Vpc, 1)}
		s := playbooktest.Answers(vpcs, &ec2.DescribeFlowLogsOutput{FlowLogs: logs})
		s["GetBucketPolicy"] = func(any) (any, error) { return nil, &smithy.GenericAPIError{Code: "NoSuchBucket"} }
		return s
	}
	log := func(traffic types.TrafficType, status string) types.FlowLog {
		return types.FlowLog{TrafficType: traffic, FlowLogStatus: &status}
	}
	named := map[string]any{"bucketName": "not-there"}
	c := playbooktest.Pick(t, playbook.FlowLogs(), "EC2.6")
	resource := arn("vpc", "vpc-0123456789abcdef0")
	playbooktest.Judged(t, c, resource, map[string]playbooktest.Shape{
		"none":              {Answers: shape(), Fails: true},
		"refused traffic":   {Answers: shape(log("REJECT", "ACTIVE"))},
		"all traffic":       {Answers: shape(log("ALL", "ACTIVE"))},
		"accepted traffic":  {Answers: shape(log("ACCEPT", "ACTIVE")), Fails: true},
		"both":              {Answers: shape(log("ACCEPT", "ACTIVE"), log("REJECT", "ACTIVE"))},
		"not on":            {Answers: shape(log("REJECT", "")), Fails: true},
		"no such bucket":    {Answers: shape(), Params: named, Class: fault.Refused, Words: []string{"not-there"}},
		"and no need of it": {Answers: shape(log("ALL", "ACTIVE")), Params: named},
	})
	playbooktest.Planned(t, c, playbooktest.Env(t, c, resource, playbooktest.Unplugged(), shape(),
		playbooktest.With(map[string]any{"trafficType": "ALL"})), `  + Buckets.`+flowBucket+` (undo leaves it: it holds logs)
  + Logs.ALL to arn:aws:s3:::`+flowBucket+`
`)
}
