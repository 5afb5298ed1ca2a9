package playbooks_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/policy"
)

const member = "222222222222"

// givenToInstances are those of instances and of what is said of them.
func givenToInstances() map[string]map[string]string {
	return map[string]map[string]string{
		"AwsEc2Instance": {
			"arn:PART:ec2:HERE:instance/i-1a2b3c4d":          "i-1a2b3c4d", // until 2018
			"arn:PART:ec2:HERE:instance/i-0123456789abcdef0": "i-0123456789abcdef0",
		},
		"AwsSsmPatchCompliance": { // AWS Config names them by type and id; no finding of AWS was at hand
			"arn:PART:ssm:HERE:patch-compliance/AWS::SSM::ManagedInstanceInventory/i-0123456789abcdef0": "i-0123456789abcdef0",
			"arn:PART:ssm:HERE:patch-compliance/i-1a2b3c4d":                                             "i-1a2b3c4d",
			"arn:PART:ssm:HERE:managed-instance-inventory/i-0123456789abcdef0":                          "i-0123456789abcdef0",
		},
	}
}

// givenToNetworks are those of networks and what belongs to them, until 2018 and since.
func givenToNetworks() map[string]map[string]string {
	const uuid = "1234abcd-12ab-34cd-56ef-1234567890ab"
	out := map[string]map[string]string{
		"AwsAutoScalingAutoScalingGroup": {
			"arn:PART:autoscaling:HERE:autoScalingGroup:" + uuid + ":autoScalingGroupName/Web pool/2": "Web pool/2",
		},
		"AwsAutoScalingLaunchConfiguration": {
			"arn:PART:autoscaling:HERE:launchConfiguration:" + uuid + ":launchConfigurationName/Web pool/2":   "Web pool/2",
			"arn:PART:autoscaling:HERE:launchConfiguration:" + uuid + ":launchConfigurationName/" + long(255): long(255),
		},
		"AwsElbLoadBalancer": {
			"arn:PART:elasticloadbalancing:HERE:loadbalancer/Web-1":       "Web-1",
			"arn:PART:elasticloadbalancing:HERE:loadbalancer/" + long(32): long(32),
		},
		"AwsEc2ClientVpnEndpoint": {
			"arn:PART:ec2:HERE:client-vpn-endpoint/cvpn-endpoint-0123456789abcdef0": "cvpn-endpoint-0123456789abcdef0",
		},
	}
	for kind, forms := range map[string][]string{
		"AwsEc2SecurityGroup": {"security-group/sg"}, "AwsEc2NetworkAcl": {"network-acl/acl"},
		"AwsEc2Subnet":         {"subnet/subnet"},
		"AwsEc2TransitGateway": {"transit-gateway/tgw"}, "AwsEc2Vpc": {"vpc/vpc"},
		"AwsEc2VpnConnection": {"vpn-connection/vpn"}, "AwsEc2LaunchTemplate": {"launch-template/lt"},
		"AwsEc2Eip": {"elastic-ip/eipalloc", "eip-allocation/eipalloc", "eip/eipalloc"}, // as IAM and AWS Config have it
	} {
		out[kind] = map[string]string{}
		for _, form := range forms {
			for _, digits := range []string{"-1a2b3c4d", "-0123456789abcdef0"} {
				out[kind]["arn:PART:ec2:HERE:"+form+digits] = form[strings.Index(form, "/")+1:] + digits
			}
		}
	}
	return out
}

// everGiven are, by the type of a resource, ids of every form that AWS ever gave, mapped to the name that calls take.
// PART stands for a partition, HERE for a Region and an account, REGION for a Region alone.
func everGiven() map[string]map[string]string {
	const key, name = "1234abcd-12ab-34cd-56ef-1234567890ab", "Old_Name.With-All"
	out := givenToSlow()
	maps.Copy(out, givenToInstances())
	maps.Copy(out, givenToNetworks())
	maps.Copy(out, givenToDatabases())
	maps.Copy(out, givenToServices())
	maps.Copy(out, givenToAPIs())
	maps.Copy(out, givenToPrincipals())
	maps.Copy(out, givenToOperators())
	maps.Copy(out, givenToApps())
	maps.Copy(out, map[string]map[string]string{
		"AwsAccount": {"AWS::::Account:" + member: member},
		"AwsS3Bucket": {
			"arn:PART:s3:::logs": "logs", "arn:PART:s3:::1.2-3": "1.2-3",
			// us-east-1, until March 2018
			"arn:PART:s3:::" + name + "_": name + "_", "arn:PART:s3:::" + long(255): long(255),
		},
		"AwsSqsQueue": {
			"arn:PART:sqs:HERE:a": "a", "arn:PART:sqs:HERE:Jobs_1-x.fifo": "Jobs_1-x.fifo",
			"arn:PART:sqs:HERE:" + long(80): long(80),
		},
		"AwsKmsKey": {
			"arn:PART:kms:HERE:key/" + key:                               key, // its own Region's, and one of several
			"arn:PART:kms:HERE:key/mrk-1234abcd12ab34cd56ef1234567890ab": "mrk-1234abcd12ab34cd56ef1234567890ab",
		},
		"AwsLambdaFunction": {
			"arn:PART:lambda:HERE:function:f":                "arn:PART:lambda:HERE:function:f",
			"arn:PART:lambda:HERE:function:F_-1:$LATEST":     "arn:PART:lambda:HERE:function:F_-1",
			"arn:PART:lambda:HERE:function:f:17":             "arn:PART:lambda:HERE:function:f",
			"arn:PART:lambda:HERE:function:f:live-Blue_1":    "arn:PART:lambda:HERE:function:f",
			"arn:PART:lambda:HERE:function:" + long(64):      "arn:PART:lambda:HERE:function:" + long(64),
			"arn:PART:lambda:HERE:function:f:" + long(128):   "arn:PART:lambda:HERE:function:f",
			"arn:PART:lambda:HERE:function:1-begins-a-digit": "arn:PART:lambda:HERE:function:1-begins-a-digit",
		},
		"AwsDynamoDbTable": {
			"arn:PART:dynamodb:HERE:table/abc": "abc", "arn:PART:dynamodb:HERE:table/" + name: name,
			"arn:PART:dynamodb:HERE:table/" + long(255): long(255),
		},
		"AwsElbv2LoadBalancer": {
			"arn:PART:elasticloadbalancing:HERE:loadbalancer/app/Web-1/50dc6c495c0c9188": "app/Web-1/50dc6c495c0c9188",
			"arn:PART:elasticloadbalancing:HERE:loadbalancer/net/n/50dc6c495c0c9188":     "net/n/50dc6c495c0c9188",
			"arn:PART:elasticloadbalancing:HERE:loadbalancer/gwy/g/50dc6c495c0c9188":     "gwy/g/50dc6c495c0c9188",
		},
	})
	return out
}

// givenToPrincipals are those of whom IAM knows.
func givenToPrincipals() map[string]map[string]string {
	return map[string]map[string]string{
		"AwsIamUser": {
			"arn:PART:iam::" + member + ":user/eve":                                 "eve",
			"arn:PART:iam::" + member + ":user/a/b~c!/" + long(64):                  long(64),
			"arn:PART:iam::" + member + ":user/" + long(400) + "/Eve+1=a,b.c@d-e_f": "Eve+1=a,b.c@d-e_f",
		},
		"AwsIamGroup": {
			"arn:PART:iam::" + member + ":group/Ops":                    "Ops",
			"arn:PART:iam::" + member + ":group/a/b~c!/" + long(128):    long(128),
			"arn:PART:iam::" + member + ":group/" + long(400) + "/a+_b": "a+_b",
		},
		"AwsIamPolicy": {
			"arn:PART:iam::" + member + ":policy/deploy":                "deploy",
			"arn:PART:iam::" + member + ":policy/a/b~c!/" + long(128):   long(128),
			"arn:PART:iam::" + member + ":policy/service-role/a=b,c.d@": "a=b,c.d@",
		},
		"AwsIamServerCertificate": {
			"arn:PART:iam::" + member + ":server-certificate/shop":                "shop",
			"arn:PART:iam::" + member + ":server-certificate/cloudfront/shop.2":   "shop.2",
			"arn:PART:iam::" + member + ":server-certificate/a/b~c!/" + long(128): long(128),
		},
		"AwsIamRole": {
			"arn:PART:iam::" + member + ":role/deploy":                "deploy",
			"arn:PART:iam::" + member + ":role/a/b~c!/" + long(64):    long(64),
			"arn:PART:iam::" + member + ":role/service-role/a=b,c.d@": "a=b,c.d@",
		},
	}
}

// givenToOperators are those of what an account is run and watched with: documents, stacks, logs.
func givenToOperators() map[string]map[string]string {
	const key, name = "1234abcd-12ab-34cd-56ef-1234567890ab", "Old_Name.With-All"
	return map[string]map[string]string{
		"AwsSsmDocument": {
			"arn:PART:ssm:HERE:document/abc": "abc", "arn:PART:ssm:HERE:document/Setup_1.x-y": "Setup_1.x-y",
			"arn:PART:ssm:HERE:document/" + long(128): long(128),
		},
		"AwsLogsLogGroup": {
			"arn:PART:logs:HERE:log-group:a": "a", "arn:PART:logs:HERE:log-group:/aws/lambda/a_b.c#d:*": "/aws/lambda/a_b.c#d",
			"arn:PART:logs:HERE:log-group:" + long(470): long(470), // longer ones no session is opened for
		},
		"AwsCloudFormationStack": {
			"arn:PART:cloudformation:HERE:stack/a/" + key:                 "a",
			"arn:PART:cloudformation:HERE:stack/" + long(128) + "/" + key: long(128),
		},
		"AwsCloudTrailTrail": {
			"arn:PART:cloudtrail:HERE:trail/abc":       "abc",
			"arn:PART:cloudtrail:HERE:trail/" + name:   name,
			"arn:PART:cloudtrail:HERE:trail/0._-all.1": "0._-all.1", "arn:PART:cloudtrail:HERE:trail/" + long(128): long(128),
		},
	}
}

// givenToDatabases are those of RDS, to whose calls Neptune and DocumentDB answer too.
func givenToDatabases() map[string]map[string]string {
	return map[string]map[string]string{
		"AwsRdsDbInstance": {
			"arn:PART:rds:HERE:db:a": "a", "arn:PART:rds:HERE:db:orders-2": "orders-2",
			"arn:PART:rds:HERE:db:" + long(63): long(63),
		},
		"AwsRdsDbCluster": {
			"arn:PART:rds:HERE:cluster:a": "a", "arn:PART:rds:HERE:cluster:orders-2": "orders-2",
			"arn:PART:rds:HERE:cluster:" + long(63): long(63),
		},
		"AwsRdsDbClusterSnapshot": {
			"arn:PART:rds:HERE:cluster-snapshot:a":                         "a",
			"arn:PART:rds:HERE:cluster-snapshot:rds:shop-2026-01-01-03-04": "rds:shop-2026-01-01-03-04", // automated
			"arn:PART:rds:HERE:cluster-snapshot:awsbackup:job-1a2b-3c":     "awsbackup:job-1a2b-3c",
		},
		"AwsRdsEventSubscription": {
			"arn:PART:rds:HERE:es:a": "a", "arn:PART:rds:HERE:es:Told-2": "Told-2",
			"arn:PART:rds:HERE:es:" + long(255): long(255),
		},
		"AwsRdsDbSnapshot": {
			"arn:PART:rds:HERE:snapshot:a": "a", "arn:PART:rds:HERE:snapshot:Before-sale-2": "Before-sale-2",
			"arn:PART:rds:HERE:snapshot:rds:shop-2026-01-01-03-04":         "rds:shop-2026-01-01-03-04", // automated
			"arn:PART:rds:HERE:snapshot:awsbackup:job-1a2b-3c":             "awsbackup:job-1a2b-3c",
			"arn:PART:rds:HERE:cluster-snapshot:rds:shop-2026-01-01-03-04": "rds:shop-2026-01-01-03-04",
			"arn:PART:rds:HERE:snapshot:" + long(255):                      long(255),
		},
	}
}

// givenToSlow are those of resources whose changes take long, so that runbooks make them.
func givenToSlow() map[string]map[string]string {
	const uuid = "1234a5b6-78cd-901e-2fab-3c45d6e78901"
	return map[string]map[string]string{
		"AwsAmazonMqBroker": {
			"arn:PART:mq:HERE:broker:b:b-" + uuid:                          "b-" + uuid,
			"arn:PART:mq:HERE:broker:My_Broker-" + long(40) + ":b-" + uuid: "b-" + uuid,
		},
		"AwsRedshiftCluster": {
			"arn:PART:redshift:HERE:cluster:a": "a", "arn:PART:redshift:HERE:cluster:sales-2": "sales-2",
			"arn:PART:redshift:HERE:cluster:" + long(63): long(63),
		},
		"AwsOpenSearchServiceDomain": {
			"arn:PART:es:HERE:domain/abc": "abc", "arn:PART:es:HERE:domain/shop-2": "shop-2",
			"arn:PART:es:HERE:domain/" + long(28): long(28),
		},
		"AwsCloudFrontDistribution": {
			"arn:PART:cloudfront::" + member + ":distribution/EDFDVBD632BHDS5": "EDFDVBD632BHDS5",
			"arn:PART:cloudfront::" + member + ":distribution/E1EXAMPLE12345":  "E1EXAMPLE12345",
			"arn:PART:cloudfront::" + member + ":distribution/E1234567":        "E1234567",
		},
	}
}

// givenToServices are those of what services of one purpose run: caches, containers, scans.
func givenToServices() map[string]map[string]string {
	const id = "12abc34d567e8fa901bc2d34e56789f0"
	whole := func(ids ...string) map[string]string { // the calls take the ARN
		out := map[string]string{}
		for _, id := range ids {
			out[id] = id
		}
		return out
	}
	return map[string]map[string]string{
		"AwsDmsReplicationInstance": whole("arn:PART:dms:HERE:rep:3UBQE2CXFNCZDPDC3NBXQDRP7I",
			"arn:PART:dms:HERE:rep:"+long(30), "arn:PART:dms:HERE:rep:my-name-1"),
		"AwsCodeBuildProject": {
			"arn:PART:codebuild:HERE:project/ab": "ab", "arn:PART:codebuild:HERE:project/1_Shop-b": "1_Shop-b",
			"arn:PART:codebuild:HERE:project/" + long(255): long(255),
		},
		"AwsEcrRepository": {
			"arn:PART:ecr:HERE:repository/ab":           "ab",
			"arn:PART:ecr:HERE:repository/team/web_1.a": "team/web_1.a",
			"arn:PART:ecr:HERE:repository/" + long(256): long(256),
		},
		// The oldest, until 2018, do not say in which cluster: nobody could tell two services of a name apart.
		"AwsEcsService": {
			"arn:PART:ecs:HERE:service/shop/web": "shop/web", "arn:PART:ecs:HERE:service/A_-1/" + long(255): "A_-1/" + long(255),
		},
		"AwsEcsTaskDefinition": {
			"arn:PART:ecs:HERE:task-definition/shop:1": "shop", "arn:PART:ecs:HERE:task-definition/A_-1:2147483647": "A_-1",
			"arn:PART:ecs:HERE:task-definition/" + long(255) + ":12": long(255),
		},
		"AwsEksCluster": {
			"arn:PART:eks:HERE:cluster/a": "a", "arn:PART:eks:HERE:cluster/1_Shop-b": "1_Shop-b",
			"arn:PART:eks:HERE:cluster/" + long(100): long(100),
		},
		"AwsElastiCacheCacheCluster": {
			"arn:PART:elasticache:HERE:cluster:a": "a", "arn:PART:elasticache:HERE:cluster:shop-001": "shop-001",
			"arn:PART:elasticache:HERE:cluster:shop-0001-001": "shop-0001-001",
			"arn:PART:elasticache:HERE:cluster:" + long(50):   long(50),
		},
		"AwsElastiCacheReplicationGroup": {
			"arn:PART:elasticache:HERE:replicationgroup:shop":        "shop",
			"arn:PART:elasticache:HERE:replicationgroup:" + long(40): long(40),
		},
		"AwsWafv2WebAcl": whole(
			"arn:PART:wafv2:HERE:regional/webacl/a/1234a5b6-78cd-901e-2fab-3c45d6e78901",
			"arn:PART:wafv2:HERE:global/webacl/"+long(128)+"/1234a5b6-78cd-901e-2fab-3c45d6e78901"),
		"AwsEventsEventbus": {
			"arn:PART:events:HERE:event-bus/shop":                         "shop",
			"arn:PART:events:HERE:event-bus/aws.partner/example.com/a/b1": "aws.partner/example.com/a/b1",
			"arn:PART:events:HERE:event-bus/" + long(256):                 long(256),
		},
		"AwsGuardDutyDetector": whole("arn:PART:guardduty:HERE:detector/" + id),
		"AwsGuardDutyFilter": whole("arn:PART:guardduty:HERE:detector/"+id+"/filter/a.b-C_1",
			"arn:PART:guardduty:HERE:detector/"+id+"/filter/"+long(64)),
	}
}

// givenToAPIs are those of what answers calls, and of what is asked behind.
func givenToAPIs() map[string]map[string]string {
	const uuid = "1234a5b6-78cd-901e-2fab-3c45d6e78901"
	return map[string]map[string]string{
		"AwsApiGatewayStage": {
			"arn:PART:apigateway:REGION::/restapis/a1b2c3d4e5/stages/Prod-1_x": "restapis/a1b2c3d4e5/stages/Prod-1_x",
			"arn:PART:apigateway:REGION::/restapis/a1b2c3d4e5/stages/" + long(128): "restapis/a1b2c3d4e5/stages/" +
				long(128),
		},
		"AwsApiGatewayV2Stage": {
			"arn:PART:apigateway:REGION::/apis/a1b2c3d4e5/stages/$default":     "apis/a1b2c3d4e5/stages/$default",
			"arn:PART:apigateway:REGION::/apis/a1b2c3d4e5/stages/Prod-1_x":     "apis/a1b2c3d4e5/stages/Prod-1_x",
			"arn:PART:apigateway:REGION::/apis/a1b2c3d4e5/stages/" + long(128): "apis/a1b2c3d4e5/stages/" + long(128),
		},
		"AwsAppSyncGraphQlApi": {
			"arn:PART:appsync:HERE:apis/" + uuid:                    uuid,
			"arn:PART:appsync:HERE:apis/abcdefghijklmnopqrstuvwxyz": "abcdefghijklmnopqrstuvwxyz",
		},
		"AwsAthenaWorkGroup": {
			"arn:PART:athena:HERE:workgroup/primary": "primary", "arn:PART:athena:HERE:workgroup/A_b.c-1": "A_b.c-1",
			"arn:PART:athena:HERE:workgroup/" + long(128): long(128),
		},
		"AwsElasticBeanstalkEnvironment": {
			"arn:PART:elasticbeanstalk:HERE:environment/My shop, new/Web-1":        "My shop, new/Web-1",
			"arn:PART:elasticbeanstalk:HERE:environment/" + long(100) + "/web-env": long(100) + "/web-env",
		},
	}
}

func long(n int) string { return strings.Repeat("n", n) }

// TestEveryIdEverGiven: a resource is refused for what it is, never for the age of its name, and a session can be
// opened for it.
func TestEveryIdEverGiven(t *testing.T) {
	_, registry := loaded(t)
	for _, c := range registry.All() {
		ids := everGiven()[c.Resources[0]]
		if len(ids) == 0 {
			t.Errorf("%s: there are no ids of %s here: add those of every form that AWS ever gave", c.ID, c.Resources[0])
		}
		for _, region := range []string{
			"us-east-1", "ap-southeast-7", "mx-central-1", "ap-southeast-10", "cn-northwest-1", "us-gov-west-1",
			"us-isob-east-1", "eusc-de-east-1",
		} {
			partition := names.PartitionOf(region)
			for id, name := range ids {
				here := strings.NewReplacer("PART", partition, "HERE", region+":"+member, "REGION", region).Replace
				given(t, c, control.Target{Account: member, Region: region, Partition: partition, Resource: here(id)}, here(name))
			}
		}
	}
}

func given(t *testing.T, c control.Control, at control.Target, want string) {
	t.Helper()
	if got, ok := c.Name(at); !ok || got != want {
		t.Errorf("%s: %s is accepted: %v, as %q; want %q", c.ID, at.Resource, ok, got, want)
		return
	}
	limits, err := c.Limits(at, nil)
	if err == nil {
		// The largest there is: that of an undo, with a task's two roles to give away, of the names of which IAM takes 64.
		request := control.SessionRequest{
			Target: at, Role: c.Role, Actions: slices.Concat(c.Actions, c.UndoActions), Narrow: limits,
		}
		if request.Passes.Services = c.Passes; len(c.Passes) > 0 {
			role := "arn:" + at.Partition + ":iam::" + at.Account + ":role/" + long(62)
			request.Passes.Roles = []string{role + "-1", role + "-2"}
		}
		if c.Invokes() {
			request.Passes.Functions = []string{at.ARN("lambda", "function:"+long(64))}
		}
		_, err = policy.SessionOf(request)
	}
	if err != nil {
		t.Errorf("%s: no session for %s: %v", c.ID, at.Resource, err)
	}
}
