package ec2

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// flowLogs are those of a VPC itself; what its subnets and interfaces log does not count.
type flowLogs struct {
	Logs    map[string]flowLog // by what they log, and where to
	Buckets map[string]needs.Bucket
	Trouble string `salve:"fact"` // why the bucket cannot be used
}

// flowLog is one that is on.
type flowLog struct {
	Traffic     types.TrafficType `json:"_Traffic"`
	Destination string            `json:"_Destination"`
	ID          string            `json:"-"`
}

func (l flowLog) key() string { return string(l.Traffic) + " to " + l.Destination }

// trafficParam names the parameter with the traffic of a flow log that is made.
const trafficParam = "trafficType"

// flowBucket is where flow logs go. Source: Amazon VPC user guide, bucket permissions for flow logs.
func flowBucket() needs.Writer {
	return needs.Writer{
		Service: "delivery.logs.amazonaws.com", Purpose: "vpc-flow", Looks: []string{"s3:GetBucketAcl"},
		Puts: "AWSLogs/ACCOUNT/*", OwnACL: true,
	}
}

// FlowLogs returns the control that has a VPC log its traffic.
func FlowLogs() []control.Control {
	return []control.Control{control.Of[flowLogs]{
		Info: control.Info{
			ID: "EC2.6",
			Effect: "The VPC logs the traffic that is refused into an S3 bucket, made where there is none. Nothing that uses " +
				"the VPC notices. CloudWatch bills each GB that is delivered and S3 what lies there: give the bucket a " +
				"lifecycle, since nothing deletes the logs.",
			Fails: control.Fails{
				When: "The VPC itself has no flow log that is on and logs refused traffic, alone or with all other. Flow logs of " +
					"its subnets and interfaces, and those of accepted traffic alone, do not count.",
				Rule: "vpc-flow-logs-enabled",
			},
			Impact: control.ImpactNone,
			Params: []control.Param{flowBucket().BucketParam("flow logs"), {
				Name: trafficParam, Default: string(types.TrafficTypeReject), Pattern: regexp.MustCompile(`^(REJECT|ALL)$`),
				Meaning: "Traffic that a new flow log has: REJECT for what is refused, ALL for all, which costs more.",
				Form:    "REJECT or ALL",
			}},
			Pattern: arnOf("vpc", "vpc"),
			Actions: append(needs.BucketActions(), "ec2:CreateFlowLogs", "ec2:DescribeFlowLogs", "ec2:DescribeVpcs",
				"logs:CreateLogDelivery"),
			UndoActions: []string{"ec2:DeleteFlowLogs", "logs:DeleteLogDelivery"},
			OneWay:      map[string]string{"Buckets/*": needs.LeftBuckets},
			Narrow: func(env control.Env) []string {
				return []string{env.Target.Resource, env.Target.ARN("ec2", "vpc-flow-log/*"), flowBucket().BucketARN(env)}
			},
		},
		Read: readFlowLogs, Want: logTraffic,
		Write: func(ctx context.Context, env control.Env, from, to flowLogs) error {
			if err := flowBucket().Ensure().Write(ctx, env, from.Buckets, to.Buckets); err != nil {
				return err
			}
			return writeFlowLogs(ctx, env, from.Logs, to.Logs)
		},
	}.Control()}
}

func readFlowLogs(ctx context.Context, env control.Env) (flowLogs, error) {
	var now flowLogs
	var err error
	if now.Logs, err = listFlowLogs(ctx, env); err != nil {
		return now, err
	}
	now.Buckets, now.Trouble, err = flowBucket().Found(ctx, env)
	return now, err
}

func logTraffic(now flowLogs, env control.Env) (flowLogs, error) {
	for _, l := range now.Logs {
		if l.Traffic != types.TrafficTypeAccept {
			return now, nil
		}
	}
	if now.Trouble != "" {
		return now, fault.New(fault.Refused, "%s", now.Trouble)
	}
	bucket := flowBucket().Wanted(env, now.Buckets)
	log := flowLog{types.TrafficType(env.Params.Text(trafficParam)), "arn:" + env.Target.Partition + ":s3:::" + bucket, ""}
	now.Logs[log.key()] = log
	return now, nil
}

// writeFlowLogs makes the flow log that is missing, or deletes the one that came.
func writeFlowLogs(ctx context.Context, env control.Env, from, to map[string]flowLog) error {
	now, err := listFlowLogs(ctx, env)
	if err != nil {
		return err
	}
	client := ec2.NewFromConfig(env.Config)
	for key, l := range to {
		_, was := from[key]
		if _, there := now[key]; was || there {
			continue
		}
		out, err := client.CreateFlowLogs(ctx, &ec2.CreateFlowLogsInput{
			ResourceIds: []string{env.Name}, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: l.Traffic,
			LogDestinationType: types.LogDestinationTypeS3, LogDestination: &l.Destination,
		})
		if err := taken(out, err); err != nil {
			return err
		}
	}
	for key := range from {
		_, stays := to[key]
		if l, there := now[key]; there && !stays {
			_, err := client.DeleteFlowLogs(ctx, &ec2.DeleteFlowLogsInput{FlowLogIds: []string{l.ID}})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// taken is the error of a call that says so of each resource, and not of the whole.
func taken(out *ec2.CreateFlowLogsOutput, err error) error {
	if err != nil || len(out.Unsuccessful) == 0 || out.Unsuccessful[0].Error == nil {
		return err
	}
	class, why := fault.Refused, out.Unsuccessful[0].Error
	if strings.HasSuffix(aws.ToString(why.Code), ".NotFound") {
		class = fault.Gone
	}
	return fault.New(class, "AWS does not make the flow log: %s: %s", aws.ToString(why.Code), aws.ToString(why.Message))
}

// listFlowLogs lists those that are on. The VPC is asked for itself: one that is gone has none either.
func listFlowLogs(ctx context.Context, env control.Env) (map[string]flowLog, error) {
	client := ec2.NewFromConfig(env.Config)
	if _, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{env.Name}}); err != nil {
		return nil, err
	}
	pages := ec2.NewDescribeFlowLogsPaginator(client, &ec2.DescribeFlowLogsInput{
		Filter: []types.Filter{{Name: aws.String("resource-id"), Values: []string{env.Name}}},
	})
	all := map[string]flowLog{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, l := range page.FlowLogs {
			if aws.ToString(l.FlowLogStatus) != "ACTIVE" {
				continue
			}
			to := aws.ToString(l.LogDestination)
			if to == "" { // a log group may have its name alone
				to = aws.ToString(l.LogGroupName)
			}
			one := flowLog{l.TrafficType, to, aws.ToString(l.FlowLogId)}
			all[one.key()] = one
		}
	}
	return all, nil
}
