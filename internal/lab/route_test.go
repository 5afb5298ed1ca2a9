package lab

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	sh "github.com/aws/aws-sdk-go-v2/service/securityhub"
	shtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/salve-security/salve/internal/lab/securityhub"
)

func TestWritesAreShadowed(t *testing.T) {
	l := fresh(t)
	config := l.Config(memberOne, l.Region())
	client := iam.NewFromConfig(config)
	got[*iam.CreateRoleOutput](t)(client.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("ec2"), AssumeRolePolicyDocument: aws.String(allow("*", "sts:AssumeRole")),
	}))
	profile := &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("ec2")}
	got[*iam.CreateInstanceProfileOutput](t)(client.CreateInstanceProfile(t.Context(), profile))
	got[*iam.AddRoleToInstanceProfileOutput](t)(client.AddRoleToInstanceProfile(t.Context(),
		&iam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("ec2"), RoleName: aws.String("ec2")}))

	// moto knows the profile by now, or it would refuse the association.
	machines := ec2.NewFromConfig(config)
	images := got[*ec2.DescribeImagesOutput](t)(machines.DescribeImages(t.Context(), &ec2.DescribeImagesInput{
		Owners: []string{"amazon"},
	}))
	started := got[*ec2.RunInstancesOutput](t)(machines.RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: images.Images[0].ImageId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
	}))
	_, err := machines.AssociateIamInstanceProfile(t.Context(), &ec2.AssociateIamInstanceProfileInput{
		InstanceId:         started.Instances[0].InstanceId,
		IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: aws.String("ec2")},
	})
	must(t, err)
}

func TestUnknownOperationsFallBack(t *testing.T) {
	l := fresh(t)
	limited := role(t, l, memberOne, allow("*", "ssm:CreateDocument", "iam:ListServerCertificates"), "")
	got[*iam.ListServerCertificatesOutput](t)(iam.NewFromConfig(limited).ListServerCertificates(t.Context(), nil))
	documents := ssm.NewFromConfig(limited)
	got[*ssm.CreateDocumentOutput](t)(documents.CreateDocument(t.Context(), document("one")))
	_, err := documents.DeleteDocument(t.Context(), &ssm.DeleteDocumentInput{Name: aws.String("one")})
	if code(err) != "AccessDeniedException" {
		t.Errorf("deleting: got %v, want it denied", err)
	}
	got[*ssm.GetDocumentOutput](t)(ssm.NewFromConfig(l.Config(memberOne, l.Region())).GetDocument(t.Context(),
		&ssm.GetDocumentInput{Name: aws.String("one")}))
}

func TestFindingsBecomeEvents(t *testing.T) {
	l := fresh(t)
	queue := queueFor(t, l, eventbridge.NewFromConfig(once(l, l.Hub())), securityhub.Source)
	finding := got[shtypes.AwsSecurityFinding](t)(securityhub.SDKFinding(securityhub.FindingSpec{
		Control: "S3.8", Account: memberOne, Region: l.Region(), Resource: "arn:aws:s3:::one",
		ResourceType: "AwsS3Bucket", Status: "FAILED", Consolidated: true, At: time.Now(),
	}))
	imported := got[*sh.BatchImportFindingsOutput](t)(sh.NewFromConfig(l.Config(memberOne, l.Region())).
		BatchImportFindings(t.Context(), &sh.BatchImportFindingsInput{Findings: []shtypes.AwsSecurityFinding{finding}}))
	if aws.ToInt32(imported.SuccessCount) != 1 {
		t.Fatalf("import: %+v", imported.FailedFindings)
	}
	received := got[*sqs.ReceiveMessageOutput](t)(sqs.NewFromConfig(l.Config(l.Hub(), l.Region())).ReceiveMessage(
		t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(queue), WaitTimeSeconds: 5}))
	if len(received.Messages) != 1 {
		t.Fatalf("got %d messages, want one", len(received.Messages))
	}
	var event map[string]any
	must(t, json.Unmarshal([]byte(aws.ToString(received.Messages[0].Body)), &event))
	if event["detail-type"] != securityhub.DetailImported || event["account"] != l.Hub() {
		t.Errorf("event: %v", event)
	}
}

func TestIsWrite(t *testing.T) {
	reads := "GetBucketPolicy ListBuckets DescribeVpcs HeadBucket ReceiveMessage AssumeRole BatchGetItem Scan Query"
	writes := "PutBucketPolicy CreateRole DeleteTable UpdateItem BatchUpdateFindings SendMessage TagRole"
	for _, operation := range strings.Fields(reads) {
		if isWrite(operation) {
			t.Errorf("%s counts as a write", operation)
		}
	}
	for _, operation := range strings.Fields(writes) {
		if !isWrite(operation) {
			t.Errorf("%s counts as a read", operation)
		}
	}
}
