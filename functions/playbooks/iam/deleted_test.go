package iam_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	playbook "github.com/salve-security/salve/functions/playbooks/iam"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// deleting are the controls that delete something of IAM's.
func deleting() []control.Control {
	return append(playbook.ExpiredCertificate(), playbook.AdminPolicy()...)
}

func TestDeleted(t *testing.T) {
	playbooktest.Family(t, deleting(), func(c control.Control) playbooktest.Suite {
		s := map[string]playbooktest.Suite{
			"IAM.26": {
				Seed: newCertificate, Now: time.Now().AddDate(100, 0, 0),
				Foreign: []string{iamPrefix + "server-certificate/", iamPrefix + "server-certificate/a*", iamPrefix + "user/a"},
				Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
					_, err := iam.NewFromConfig(root).GetServerCertificate(ctx, &iam.GetServerCertificateInput{
						ServerCertificateName: lastOf(resource),
					})
					return fault.Of(err)
				},
			},
			"IAM.1": {
				Seed:    newPolicy,
				Foreign: []string{iamPrefix + "policy/", "arn:aws:iam::aws:policy/AdministratorAccess", iamPrefix + "role/a"},
				Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
					out, err := iam.NewFromConfig(root).ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: &resource})
					if err != nil {
						return fault.Of(err)
					}
					return len(out.Versions)
				},
			},
		}[c.ID]
		s.Control, s.Skip = c, map[string]string{
			playbooktest.CaseGone:      "that it is gone is what was wanted",
			playbooktest.CaseDrift:     "nobody can change what is gone, and there is nothing to take back",
			playbooktest.CaseUnrelated: "what others changed goes with it",
			playbooktest.CaseFacts:     "what was weighed goes with it",
		}
		if c.ID == "IAM.26" {
			s.Skip[playbooktest.CaseNarrow] = "the lab does not know the ARN of a certificate that it asks policies about"
		}
		return s
	})
}

func newCertificate(ctx context.Context, t *testing.T, root aws.Config) string {
	key := playbooktest.Got(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	of := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().AddDate(0, 0, 1)}
	cert := playbooktest.Got(x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key))(t)
	private := playbooktest.Got(x509.MarshalPKCS8PrivateKey(key))(t)
	text := func(kind string, of []byte) *string {
		return aws.String(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: of})))
	}
	return *playbooktest.Got(iam.NewFromConfig(root).UploadServerCertificate(ctx, &iam.UploadServerCertificateInput{
		ServerCertificateName: aws.String("shop-" + strings.ToLower(rand.Text())),
		CertificateBody:       text("CERTIFICATE", cert), PrivateKey: text("PRIVATE KEY", private),
	}))(t).ServerCertificateMetadata.Arn
}

// newPolicy has a version that allows everything, and one that does not.
func newPolicy(ctx context.Context, t *testing.T, root aws.Config) string {
	client := iam.NewFromConfig(root)
	arn := playbooktest.Got(client.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName:     aws.String("all-" + strings.ToLower(rand.Text())),
		PolicyDocument: aws.String(strings.Replace(everything, `"*"`, `"s3:*"`, 1)),
	}))(t).Policy.Arn
	playbooktest.Got(client.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{
		PolicyArn: arn, PolicyDocument: aws.String(everything), SetAsDefault: true,
	}))(t)
	return *arn
}

// AWS looks at the date alone. A certificate of the same name below another path is another one.
func TestLineOfCertificates(t *testing.T) {
	c, resource := playbook.ExpiredCertificate()[0], iamPrefix+"server-certificate/cloudfront/shop"
	at := func(arn string, ends *time.Time) playbooktest.StandIn {
		return playbooktest.Answers(&iam.GetServerCertificateOutput{ServerCertificate: &types.ServerCertificate{
			ServerCertificateMetadata: &types.ServerCertificateMetadata{Arn: &arn, Expiration: ends},
		}})
	}
	second := noon().Add(-time.Second)
	playbooktest.Judged(t, c, resource, map[string]playbooktest.Shape{
		"expired a second ago": {Answers: at(resource, &second), Fails: true},
		"expired long ago":     {Answers: at(resource, ago(900)), Fails: true},
		"expires now":          {Answers: at(resource, ago(0))},
		"expires tomorrow":     {Answers: at(resource, aws.Time(noon().Add(24*time.Hour)))},
		"of another path":      {Answers: at(iamPrefix+"server-certificate/shop", ago(900))},
		"expires at no time":   {Answers: at(resource, nil), Class: fault.Invalid},
		"deleted":              {Answers: playbooktest.StandIn{"GetServerCertificate": gone}},
		"nothing":              {Answers: playbooktest.Answers(&iam.GetServerCertificateOutput{}), Class: fault.Invalid},
	}, playbooktest.At(noon()))
	playbooktest.Accepts(t, c, map[string]string{resource: "shop", iamPrefix + "server-certificate/shop": "shop"})
	if c.Role != control.RoleIdentity {
		t.Error("it would act by itself")
	}
}

// version is the default version of a policy, which is the boundary of so many.
func version(text string, boundaries int32, by ...types.PolicyRole) playbooktest.StandIn {
	return playbooktest.Answers(
		&iam.GetPolicyOutput{Policy: &types.Policy{
			DefaultVersionId: aws.String("v2"), PermissionsBoundaryUsageCount: &boundaries,
		}},
		&iam.GetPolicyVersionOutput{PolicyVersion: &types.PolicyVersion{Document: aws.String(url.QueryEscape(text))}},
		&iam.ListEntitiesForPolicyOutput{PolicyRoles: by},
		&iam.ListPolicyVersionsOutput{Versions: []types.PolicyVersion{{VersionId: aws.String("v2")}}},
	)
}

// AWS fails what allows "*" on "*" in one statement, and no other way to say as much.
func TestLineOfAdminPolicies(t *testing.T) {
	c, resource := playbook.AdminPolicy()[0], iamPrefix+"policy/team/all"
	statement := func(elements string) playbooktest.StandIn {
		return version(`{"Version":"2012-10-17","Statement":[`+elements+`]}`, 0)
	}
	const all = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	const service = `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`
	const reads = `{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}`
	shapes := map[string]playbooktest.Shape{}
	for name, text := range map[string]string{
		"plain": all, "the second": reads + "," + all,
		"lists":       `{"Effect":"Allow","Action":["s3:*","*"],"Resource":["arn:aws:s3:::a","*"]}`,
		"conditional": `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`,
	} {
		shapes[name] = playbooktest.Shape{Answers: statement(text), Fails: true}
	}
	for name, text := range map[string]string{
		"denies": `{"Effect":"Deny","Action":"*","Resource":"*"}`, "of a service": service,
		"on something": `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::a"}`, "reads": reads,
		"apart":       `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::a"},` + service,
		"all but one": `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`, "none": "",
	} {
		shapes[name] = playbooktest.Shape{Answers: statement(text)}
	}
	replaced, unlisted := version(everything, 0), version(everything, 0)
	replaced["GetPolicyVersion"] = gone
	unlisted["ListPolicyVersions"] = func(any) (any, error) { return &iam.ListPolicyVersionsOutput{}, nil }
	for name, shape := range map[string]playbooktest.Shape{
		"a boundary": {Answers: version(everything, 1)}, "deleted": {Answers: playbooktest.StandIn{"GetPolicy": gone}},
		"somebody has it": {
			Answers: version(everything, 0, types.PolicyRole{RoleName: aws.String("deploy")}), Class: fault.Refused,
			Words: []string{"role/deploy by another policy"},
		},
		"default version replaced": {Answers: replaced, Class: fault.Retry},
		"not listed":               {Answers: unlisted, Class: fault.Retry},
		"nothing":                  {Answers: playbooktest.Answers(&iam.GetPolicyOutput{}), Class: fault.Invalid},
	} {
		shapes[name] = shape
	}
	playbooktest.Judged(t, c, resource, shapes)
	if c.Role != control.RoleIdentity {
		t.Error("it would act by itself")
	}
}

// Who got the policy since the plan keeps it, with all its versions; and the text is in the plan.
func TestAdminPolicyIsAttachedMeanwhile(t *testing.T) {
	c, root := playbook.AdminPolicy()[0], playbooktest.Root(t)
	policy, client := newPolicy(t.Context(), t, root), iam.NewFromConfig(root)
	env := playbooktest.Env(t, c, policy)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if !plan.OneWay() || !strings.Contains(plan.String(), `\"Action\":\"*\"`) {
		t.Errorf("the plan does not say what is lost:\n%s", plan)
	}
	user := newUser(t.Context(), t, root)
	playbooktest.Got(client.AttachUserPolicy(t.Context(), &iam.AttachUserPolicyInput{
		UserName: userName(user), PolicyArn: &policy,
	}))(t)
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Refused, *userName(user))
	left := playbooktest.Got(client.ListPolicyVersions(t.Context(), &iam.ListPolicyVersionsInput{PolicyArn: &policy}))(t)
	if len(left.Versions) != 2 {
		t.Errorf("%d versions are left", len(left.Versions))
	}
}
