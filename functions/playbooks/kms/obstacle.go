package kms

import (
	"cmp"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// obstacle says why AWS would not let rotation of the key be enabled, and what to do instead: nothing where it would.
// Of a key that can never rotate, AWS does not even tell the status.
func obstacle(key *types.KeyMetadata) (why string, never bool) {
	multi := key.MultiRegionConfiguration
	switch {
	case key.KeySpec == "" || key.Origin == "":
		return "AWS does not say of what type it is or where its material comes from; see for yourself", true
	case key.KeySpec != types.KeySpecSymmetricDefault:
		return fmt.Sprintf("its type is %s, and only symmetric encryption keys do; replace it by a new key when it is due, "+
			"and suppress the finding", key.KeySpec), true
	case key.Origin != types.OriginTypeAwsKms:
		return fmt.Sprintf("its material comes from %s, not from AWS KMS; rotate it on demand or by a new key, and suppress "+
			"the finding", key.Origin), true
	case multi != nil && multi.MultiRegionKeyType == types.MultiRegionKeyTypeReplica:
		var primary string
		if multi.PrimaryKey != nil {
			primary = aws.ToString(multi.PrimaryKey.Arn)
		}
		return "it is a replica and takes the setting from its primary key; enable rotation of " +
			cmp.Or(primary, "the primary key"), false
	case key.KeyManager == types.KeyManagerTypeAws:
		return "AWS manages it and rotates it by itself; suppress the finding", false
	case key.KeyState != types.KeyStateEnabled:
		return fmt.Sprintf("its state is %s; enable the key first, or let its deletion run", key.KeyState), false
	}
	return "", false
}
