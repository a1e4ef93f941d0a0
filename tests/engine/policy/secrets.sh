# secrets.sh add|drop: put secrets into the image, then take some away.  Put together from parts,
# so that nobody takes this file for one.
set -e
if [ "$1" = add ]; then
	mkdir -p /root/.ssh /root/.aws
	{
		printf -- '-----BEGIN %s PRIVATE KEY-----\n' OPENSSH
		seq 100000 100080
		printf -- '-----END %s PRIVATE KEY-----\n' OPENSSH
	} >/root/.ssh/id_rsa
	printf '//registry.example.org/:_authToken=npm_%s\n' "$(printf '%036d' 7)" >/root/.npmrc
	printf '[default]\naws_access_key_id = %s%s\naws_secret_access_key = %s\n' AKI AQ3EGRIBUTE2KWXYZ \
		wJalrXUtnFEMIK7MDENGbPxRfiCYzzzzKEYzzzzzz >/root/.aws/credentials
else
	rm /root/.ssh/id_rsa
	echo 'fund=false' >/root/.npmrc
fi
