package kms

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// reason is why AWS would not let rotation be enabled, and what to do instead.
type reason struct {
	text   string
	always bool // for keys of which AWS does not even tell a status
}

// obstacle is the zero reason for a key whose rotation can be enabled.
func obstacle(key *types.KeyMetadata) reason {
	switch {
	case key.KeySpec != types.KeySpecSymmetricDefault:
		return reason{fmt.Sprintf("its type is %s, and only symmetric encryption keys do; replace it by a new key when "+
			"it is due, and suppress the finding", key.KeySpec), true}
	case key.Origin != types.OriginTypeAwsKms:
		return reason{fmt.Sprintf("its material comes from %s, not from AWS KMS; rotate it on demand or by a new key, "+
			"and suppress the finding", key.Origin), true}
	case replica(key):
		return reason{text: fmt.Sprintf("it is a replica and takes the setting from its primary key; enable rotation of %s",
			primary(key))}
	case key.KeyState != types.KeyStateEnabled:
		return reason{text: fmt.Sprintf("its state is %s; enable the key first, or let its deletion run", key.KeyState)}
	}
	return reason{}
}

func replica(key *types.KeyMetadata) bool {
	m := key.MultiRegionConfiguration
	return m != nil && m.MultiRegionKeyType == types.MultiRegionKeyTypeReplica
}

func primary(key *types.KeyMetadata) string {
	if p := key.MultiRegionConfiguration.PrimaryKey; p != nil && p.Arn != nil {
		return aws.ToString(p.Arn)
	}
	return "the primary key"
}
