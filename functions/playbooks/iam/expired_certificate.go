package iam

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// certificate is a server certificate that IAM keeps.
type certificate struct {
	There   bool
	Expires time.Time `salve:"fact"`
}

// ExpiredCertificate returns the control that deletes what no client accepts any more.
func ExpiredCertificate() []control.Control {
	return []control.Control{control.Of[certificate]{
		Info: control.Info{
			ID: "IAM.26",
			Effect: "The certificate and its key are deleted for good: IAM lets nobody read a key that could be kept. No " +
				"client accepts the certificate any more. Look first whether load balancers, in whatever Region, or CloudFront " +
				"still name it: IAM refuses to delete one in use as far as it knows of that.",
			Fails: control.Fails{
				When: "The server certificate that is stored in IAM has expired, used or not.",
				Rule: "iam-server-certificate-expiration-check",
			},
			Impact: control.ImpactDestructive,
			Pattern: regexp.MustCompile(
				`^arn:aws[a-z-]*:iam::\d{12}:server-certificate/(?:[!-~]{0,510}/)?([\w+=,.@-]{1,128})$`),
			Role:    control.RoleIdentity,
			Actions: []string{"iam:DeleteServerCertificate", "iam:GetServerCertificate"},
			OneWay:  map[string]string{"There": "the key is gone with the certificate, and IAM shows it to nobody before"},
		},
		Read: readCertificate,
		Want: func(now certificate, env control.Env) (certificate, error) {
			if env.Now.IsZero() {
				return now, fmt.Errorf("the run has no time: what has expired cannot be told")
			}
			now.There = now.There && !now.Expires.Before(env.Now)
			return now, nil
		},
		Write: func(ctx context.Context, env control.Env, from, to certificate) error {
			if !from.There || to.There {
				return nil
			}
			_, err := iam.NewFromConfig(env.Config).DeleteServerCertificate(ctx, &iam.DeleteServerCertificateInput{
				ServerCertificateName: &env.Name,
			})
			if fault.Of(err) == fault.Gone {
				return nil
			}
			return err
		},
	}.Control()}
}

// readCertificate takes one that is gone for what was wanted.
func readCertificate(ctx context.Context, env control.Env) (now certificate, err error) {
	out, err := iam.NewFromConfig(env.Config).GetServerCertificate(ctx, &iam.GetServerCertificateInput{
		ServerCertificateName: &env.Name,
	})
	switch {
	case fault.Of(err) == fault.Gone:
		return now, nil
	case err != nil:
		return now, err
	case out.ServerCertificate == nil || out.ServerCertificate.ServerCertificateMetadata == nil:
		return now, fault.New(fault.Invalid, "GetServerCertificate answered without the certificate %s", env.Name)
	}
	of := out.ServerCertificate.ServerCertificateMetadata
	if aws.ToString(of.Arn) != env.Target.Resource { // a name is unique in its account: another path is another one's
		return now, nil
	}
	ends, err := kind.Answered(of.Expiration, "GetServerCertificate", "when it expires")
	return certificate{true, ends.UTC()}, err
}
