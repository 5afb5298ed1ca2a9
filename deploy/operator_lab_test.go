package deploy_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/salve-security/salve/internal/names"
)

// person is somebody of the hub's account with one managed policy of the stack and nothing else.
func (d deployed) person(t *testing.T, root aws.Config, role, managed string) aws.Config {
	t.Helper()
	client, home := iam.NewFromConfig(root), "arn:aws:iam::"+d.Hub()
	_, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: &role, Path: aws.String("/people/"), AssumeRolePolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + home + `:root"},` +
				`"Action":"sts:AssumeRole"}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{
		RoleName: &role, PolicyArn: aws.String(home + ":policy/" + managed),
	})
	if err != nil {
		t.Fatal(err)
	}
	return d.as(root, d.Hub(), "people/"+role, "")
}

// tryOperators: whom the lists name becomes an operator, of all accounts or of some, and nobody becomes anything else.
// That the policies suffice is tried with every command, in cmd/salve.
func (d deployed) tryOperators(t *testing.T, root aws.Config) {
	ops := d.person(t, root, "AWSReservedSSO_Ops_0a1b", names.OperatorRole)
	web := d.person(t, root, "AWSReservedSSO_Web_0a1b", names.LimitedRole)
	bob := d.person(t, root, "Ops", names.OperatorRole) // not in a list
	for name, c := range map[string]struct {
		who           aws.Config
		account, role string
		want          func(*testing.T, string, error)
	}{
		"an operator":             {ops, d.Hub(), names.OperatorRole, wantAllowed},
		"an operator as limited":  {ops, d.Hub(), names.LimitedRole, wantDenied},
		"an operator as function": {ops, d.Hub(), names.FunctionRole, wantDenied},
		"an operator directly":    {ops, d.Members()[0], names.MemberRole, wantDenied},
		"a limited one":           {web, d.Hub(), names.LimitedRole, wantAllowed},
		"a limited one as other":  {web, d.Hub(), names.OperatorRole, wantDenied},
		"a stranger":              {bob, d.Hub(), names.OperatorRole, wantDenied},
		"in a member": {
			d.as(ops, d.Hub(), names.OperatorRole, ""), d.Members()[1], names.MemberRole, wantAllowed,
		},
		"limited, in its member": {
			d.as(web, d.Hub(), names.LimitedRole, ""), d.Members()[0], names.MemberRole, wantAllowed,
		},
		"limited, in another": {d.as(web, d.Hub(), names.LimitedRole, ""), d.Members()[1], names.MemberRole, wantDenied},
	} {
		_, err := d.as(c.who, c.account, c.role, "").Credentials.Retrieve(t.Context())
		c.want(t, name+" becomes "+c.role, err)
	}
	d.tryPerson(t, ops)
	d.tryPerson(t, web)
}

// tryPerson: the policies of people do not even write runs.
func (d deployed) tryPerson(t *testing.T, who aws.Config) {
	t.Helper()
	ctx := t.Context()
	item := map[string]ddb.AttributeValue{
		"pk": &ddb.AttributeValueMemberS{Value: "run#x"}, "sk": &ddb.AttributeValueMemberS{Value: "run"},
	}
	table := dynamodb.NewFromConfig(who)
	_, err := table.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(names.Table), Item: item})
	wantDenied(t, "write a run", err)
	_, err = table.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(names.Table), Key: item})
	wantDenied(t, "delete a run", err)
	_, err = table.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(names.Table)})
	wantDenied(t, "read the whole table", err)
	_, err = sqs.NewFromConfig(who).SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: aws.String(d.outputs["NowQueueUrl"]), MessageBody: aws.String("{}"),
	})
	wantDenied(t, "send a message", err)
	_, err = sns.NewFromConfig(who).Publish(ctx, &sns.PublishInput{
		TopicArn: aws.String(d.outputs["NoticesTopicArn"]), Message: aws.String("hello"),
	})
	wantDenied(t, "tell people", err)
	_, err = securityhub.NewFromConfig(who).BatchUpdateFindings(ctx, &securityhub.BatchUpdateFindingsInput{
		FindingIdentifiers: []hubtypes.AwsSecurityFindingIdentifier{{Id: aws.String("x"), ProductArn: aws.String("y")}},
	})
	wantDenied(t, "answer a finding", err)
	_, err = iam.NewFromConfig(who).CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("mallory")})
	wantDenied(t, "create a user", err)
}
