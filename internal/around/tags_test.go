package around_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	scaling "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

func TestTags(t *testing.T) {
	account := shared.Members()[0]
	client := shared.S3(account)
	for _, name := range []string{"tagged", "bare"} {
		if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := client.PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{
		Bucket: aws.String("tagged"), Tagging: &types.Tagging{TagSet: []types.Tag{
			{Key: aws.String("env"), Value: aws.String("dev")}, {Key: aws.String("empty"), Value: aws.String("")},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		account, resource string
		want              map[string]string
	}{
		"tagged":              {account, "arn:aws:s3:::tagged", map[string]string{"env": "dev", "empty": ""}},
		"has none":            {account, "arn:aws:s3:::bare", map[string]string{}},
		"of another account":  {shared.Members()[1], "arn:aws:s3:::tagged", map[string]string{}},
		"an account has none": {account, "AWS::::Account:" + account, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := finder(shared.Orchestrator(), time.Now).Tags(t.Context(), control.Target{
				Account: tt.account, Region: shared.Region(), Partition: "aws", Resource: tt.resource,
			}, "test")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTagsOfAnAccountWithoutTheRole: they can be known one day, so it is no answer.
func TestTagsOfAnAccountWithoutTheRole(t *testing.T) {
	got, err := finder(shared.Orchestrator(), time.Now).Tags(t.Context(), control.Target{
		Account: "444444444444", Region: shared.Region(), Partition: "aws", Resource: "arn:aws:s3:::tagged",
	}, "test")
	if fault.Of(err) != fault.NotOnboarded {
		t.Errorf("%v, %v, want class %s", got, err, fault.NotOnboarded)
	}
}

// TestTagsOfIdentities: the tagging API says of users and roles that they have no tags, and IAM is asked.
func TestTagsOfIdentities(t *testing.T) {
	account := shared.Members()[0]
	client := iam.NewFromConfig(shared.Root(account))
	red := []iamtypes.Tag{{Key: aws.String("data"), Value: aws.String("red")}}
	user, err := client.CreateUser(t.Context(), &iam.CreateUserInput{
		UserName: aws.String("payroll"), Path: aws.String("/people/"), Tags: red,
	})
	if err != nil {
		t.Fatal(err)
	}
	role, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("payroll"), Tags: red, AssumeRolePolicyDocument: aws.String(`{"Statement":[]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	for resource, want := range map[string]map[string]string{
		aws.ToString(user.User.Arn):                 {"data": "red"},
		aws.ToString(role.Role.Arn):                 {"data": "red"},
		"arn:aws:iam::" + account + ":user/payroll": nil, // which is another path
		"arn:aws:iam::" + account + ":role/nobody":  nil,
	} {
		got, err := finder(shared.Orchestrator(), time.Now).Tags(t.Context(), control.Target{
			Account: account, Region: shared.Region(), Partition: "aws", Resource: resource,
		}, "test")
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v\n%s", resource, err, d)
		}
	}
}

// asked keeps which sessions were asked for, and opens none.
type asked []string

func (a *asked) Open(_ context.Context, r control.SessionRequest) (aws.Config, error) {
	*a = append(*a, r.Target.Region, r.Actions[0])
	return aws.Config{}, fault.New(fault.Denied, "no session")
}

// TestWhereTagsAreAsked: whom, and in which Region. Nobody is asked who would say that there are none where there may be.
func TestWhereTagsAreAsked(t *testing.T) {
	for resource, want := range map[string]asked{
		"arn:aws:s3:::b":                                   {"eu-west-1", "tag:GetResources"},
		"arn:aws-us-gov:s3:::b":                            {"eu-west-1", "tag:GetResources"},
		"arn:aws:sqs:eu-west-1:222222222222:q":             {"eu-west-1", "tag:GetResources"},
		"arn:aws:cloudfront::222222222222:distribution/E1": {"us-east-1", "tag:GetResources"},
		"arn:aws:route53:::hostedzone/Z1":                  {"us-east-1", "tag:GetResources"},
		"arn:aws:iam::222222222222:policy/p":               {"us-east-1", "tag:GetResources"},
		"arn:aws:iam::222222222222:user/people/u":          {"eu-west-1", "iam:GetUser"},
		"arn:aws-cn:iam::222222222222:role/r":              {"eu-west-1", "iam:GetRole"},
		"arn:aws:autoscaling:eu-west-1:222222222222:autoScalingGroup:u:autoScalingGroupName/a": {
			"eu-west-1", "autoscaling:DescribeAutoScalingGroups",
		},
		"arn:aws-cn:cloudfront::222222222222:distribution/E1": nil,
		"AWS::::Account:222222222222":                         nil,
	} {
		var sessions asked
		f := around.Finder{Sessions: &sessions, Now: time.Now}
		got, err := f.Tags(t.Context(), control.Target{
			Account: "222222222222", Region: "eu-west-1", Partition: "aws", Resource: resource,
		}, "test")
		if d := cmp.Diff(want, sessions); d != "" || got != nil || err != nil {
			t.Errorf("%s: %v, %v\n%s", resource, got, err, d)
		}
	}
}

// TestTagsOfAScalingGroup: the tagging API says of them that they have no tags, and Auto Scaling is asked.
func TestTagsOfAScalingGroup(t *testing.T) {
	account := shared.Members()[0]
	resource := scalingGroup(t, shared.Root(account), "web/blue")
	got, err := finder(shared.Orchestrator(), time.Now).Tags(t.Context(), control.Target{
		Account: account, Region: shared.Region(), Partition: "aws", Resource: resource,
	}, "test")
	if d := cmp.Diff(map[string]string{"data": "red"}, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
}

// scalingGroup makes one of no instances.
func scalingGroup(t *testing.T, cfg aws.Config, name string) string {
	t.Helper()
	client, ctx := autoscaling.NewFromConfig(cfg), t.Context()
	if _, err := client.CreateLaunchConfiguration(ctx, &autoscaling.CreateLaunchConfigurationInput{
		LaunchConfigurationName: aws.String("tags"), ImageId: aws.String("ami-12345678"),
		InstanceType: aws.String("t3.micro"),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: &name, LaunchConfigurationName: aws.String("tags"),
		MinSize: aws.Int32(0), MaxSize: aws.Int32(0), AvailabilityZones: []string{"us-east-1a"},
		Tags: []scaling.Tag{{Key: aws.String("data"), Value: aws.String("red"), PropagateAtLaunch: aws.Bool(false)}},
	}); err != nil {
		t.Fatal(err)
	}
	out, err := client.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{
		AutoScalingGroupNames: []string{name},
	})
	if err != nil || len(out.AutoScalingGroups) != 1 {
		t.Fatalf("%v: %d groups", err, len(out.AutoScalingGroups))
	}
	return aws.ToString(out.AutoScalingGroups[0].AutoScalingGroupARN)
}
