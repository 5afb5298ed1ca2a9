package opensearch

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/opensearch"
	"github.com/aws/aws-sdk-go-v2/service/opensearch/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// software is the release of OpenSearch Service on a domain, which is none of OpenSearch itself.
type software struct {
	ServiceSoftware string
	New             string `salve:"fact"` // the one that can be installed; empty for none
	Busy            string `salve:"fact"` // what else changes
	Trouble         string `salve:"fact"` // why it cannot be
}

// Software returns the control that has domains run the latest service software.
func Software() []control.Control {
	return []control.Control{control.Of[software]{
		Info: control.Info{
			ID: "Opensearch.10",
			Effect: "OpenSearch moves the domain to new nodes with the new service software, beginning within the hour, which " +
				"takes hours where there is much data. Searches and writes go on meanwhile, slower; the additional nodes are " +
				"not billed. It cannot be taken back. Choose a time of little traffic, and look first that the cluster is green.",
			Fails: control.Fails{
				When: "An update of the service software is available for the OpenSearch domain and not installed, be it an " +
					"optional one, or scheduled already. Domains of Elasticsearch do not count.",
				Rule: "opensearch-update-check",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: domainARN,
			Actions: []string{"es:DescribeDomain", "es:StartServiceSoftwareUpdate"},
			OneWay:  map[string]string{control.Everything: "OpenSearch installs no older service software"},
			Settle:  deployed(),
		},
		Read: readSoftware,
		Want: func(now software, _ control.Env) (software, error) {
			switch {
			case now.New == "" || now.New == now.ServiceSoftware:
				return now, nil
			case now.Trouble != "":
				return now, fault.New(fault.Refused, "%s", now.Trouble)
			case now.Busy != "":
				return now, fault.New(fault.Retry, "%s", now.Busy)
			}
			now.ServiceSoftware = now.New
			return now, nil
		},
		Write: func(ctx context.Context, env control.Env, _, _ software) error {
			d, _, err := describe(ctx, env)
			if err != nil || underway(d.ServiceSoftwareOptions) { // a run that comes back has started it
				return err
			}
			_, err = opensearch.NewFromConfig(env.Config).StartServiceSoftwareUpdate(ctx,
				&opensearch.StartServiceSoftwareUpdateInput{DomainName: &env.Name})
			return err
		},
	}.Control()}
}

func readSoftware(ctx context.Context, env control.Env) (software, error) {
	d, looked, err := describe(ctx, env)
	if err != nil || !looked {
		return software{}, err
	}
	o, err := kind.Answered(d.ServiceSoftwareOptions, "DescribeDomain", "the service software")
	if err != nil {
		return software{}, err
	}
	available, err := kind.Answered(o.UpdateAvailable, "DescribeDomain", "whether an update is available")
	now := software{ServiceSoftware: aws.ToString(o.CurrentVersion)}
	if err != nil || !available && !underway(&o) {
		return now, err
	}
	if now.New = aws.ToString(o.NewVersion); now.New == "" {
		return now, fault.New(fault.Invalid, "DescribeDomain answered with an update that has no version")
	}
	switch {
	case underway(&o): // it is waited for
	case o.UpdateStatus == types.DeploymentStatusNotEligible:
		now.Trouble = "OpenSearch does not update the domain: " + aws.ToString(o.Description)
	default:
		now.Busy = busy(d)
	}
	return now, nil
}

// underway tells an update that goes on, or is to begin.
func underway(o *types.ServiceSoftwareOptions) bool {
	return o != nil &&
		(o.UpdateStatus == types.DeploymentStatusPendingUpdate || o.UpdateStatus == types.DeploymentStatusInProgress)
}
