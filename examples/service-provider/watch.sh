# Says over and over how the services are: well while there is a file of their name.
while sleep 0.2; do
    for service in dns smtp; do
        if [ -e "$1/$service" ]; then
            echo "announce watchdog $service"
        else
            echo "withdraw watchdog $service"
        fi
    done
done
