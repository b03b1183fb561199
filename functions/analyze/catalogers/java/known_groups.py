"""Groups of artifacts whose jars often say nothing of it: those that Gradle and Ant build carry no pom.

Facts of Maven Central, as far as each name belongs to one project there.
"""

_ARTIFACTS = {
    "commons-codec": "commons-codec",
    "commons-logging": "commons-logging",
    "com.squareup.okhttp3": "okhttp",
    "com.squareup.okio": "okio",
    "org.apache.ant": """
        ant ant-antlr ant-apache-bcel ant-apache-bsf ant-apache-log4j ant-apache-oro ant-apache-regexp
        ant-apache-resolver ant-apache-xalan2 ant-commons-logging ant-commons-net ant-imageio ant-jai ant-jakartamail
        ant-javamail ant-jdepend ant-jmf ant-jsch ant-junit ant-junit4 ant-junitlauncher ant-launcher ant-netrexx
        ant-swing ant-testutil ant-xz""",
    "org.apache.cassandra": "cassandra-all cassandra-clientutil cassandra-thrift",
    "org.apache.geode": """
        geode-common geode-connectors geode-core geode-cq geode-gfsh geode-http-service geode-logging geode-lucene
        geode-management geode-membership geode-memcached geode-old-client-support geode-protobuf geode-pulse
        geode-rebalancer geode-serialization geode-tcp-server geode-unsafe geode-wan geode-web geode-web-api""",
    "org.apache.kafka": """
        kafka-clients kafka-group-coordinator kafka-log4j-appender kafka-metadata kafka-raft kafka-server-common
        kafka-shell kafka-storage kafka-storage-api kafka-streams kafka-streams-scala_2.12 kafka-streams-scala_2.13
        kafka-streams-test-utils kafka-tools kafka-tools-api kafka_2.10 kafka_2.11 kafka_2.12 kafka_2.13""",
    "org.apache.tapestry": """
        tapestry-annotations tapestry-beanvalidator tapestry-contrib tapestry-core tapestry-func
        tapestry-hibernate tapestry-hibernate-core tapestry-http tapestry-ioc tapestry-jmx tapestry-jpa tapestry-json
        tapestry-spring tapestry-test tapestry-upload tapestry5-annotations""",
    "org.apache.tomcat": """
        tomcat tomcat-annotations-api tomcat-api tomcat-catalina tomcat-catalina-ant tomcat-catalina-ha tomcat-coyote
        tomcat-dbcp tomcat-el-api tomcat-i18n-cs tomcat-i18n-de tomcat-i18n-es tomcat-i18n-fr tomcat-i18n-ja
        tomcat-i18n-ko tomcat-i18n-pt-BR tomcat-i18n-ru tomcat-i18n-zh-CN tomcat-jasper tomcat-jasper-el
        tomcat-jaspic-api tomcat-jdbc tomcat-jni tomcat-jsp-api tomcat-juli tomcat-servlet-api tomcat-ssi
        tomcat-storeconfig tomcat-tribes tomcat-util tomcat-util-scan tomcat-websocket tomcat-websocket-api
        tomcat-websocket-client-api""",
    "org.apache.tomcat.embed": """
        tomcat-embed-core tomcat-embed-el tomcat-embed-jasper tomcat-embed-logging-juli tomcat-embed-logging-log4j
        tomcat-embed-websocket""",
    "org.apache.velocity": "velocity velocity-engine-core velocity-engine-scripting velocity-tools",
    "org.bouncycastle": """
        bc-fips bcjmail-jdk15on bcjmail-jdk15to18 bcjmail-jdk18on bcmail-fips bcmail-jdk14 bcmail-jdk15 bcmail-jdk15on
        bcmail-jdk15to18 bcmail-jdk16 bcmail-jdk18on bcpg-fips bcpg-jdk14 bcpg-jdk15 bcpg-jdk15on bcpg-jdk15to18
        bcpg-jdk16 bcpg-jdk18on bcpkix-fips bcpkix-jdk14 bcpkix-jdk15on bcpkix-jdk15to18 bcpkix-jdk18on
        bcprov-ext-jdk14 bcprov-ext-jdk15 bcprov-ext-jdk15on bcprov-ext-jdk15to18 bcprov-ext-jdk16 bcprov-ext-jdk18on
        bcprov-jdk12 bcprov-jdk14 bcprov-jdk15 bcprov-jdk15on bcprov-jdk15to18 bcprov-jdk16 bcprov-jdk18on bctls-fips
        bctls-jdk14 bctls-jdk15on bctls-jdk15to18 bctls-jdk18on bctsp-jdk14 bctsp-jdk15 bctsp-jdk15on bctsp-jdk16
        bcutil-jdk14 bcutil-jdk15on bcutil-jdk15to18 bcutil-jdk18on""",
    "org.codehaus.groovy": """
        groovy groovy-all groovy-ant groovy-astbuilder groovy-backports-compat23 groovy-bsf groovy-cli-commons
        groovy-cli-picocli groovy-console groovy-datetime groovy-dateutil groovy-docgenerator groovy-groovydoc
        groovy-groovysh groovy-jaxb groovy-jmx groovy-json groovy-jsr223 groovy-macro groovy-nio groovy-servlet
        groovy-sql groovy-swing groovy-templates groovy-test groovy-test-junit5 groovy-testng groovy-xml groovy-yaml""",
    "org.eclipse.jdt": "ecj org.eclipse.jdt.annotation org.eclipse.jdt.core",
    "org.eclipse.platform": """
        org.eclipse.ant.core org.eclipse.compare org.eclipse.compare.core org.eclipse.core.commands
        org.eclipse.core.contenttype org.eclipse.core.databinding org.eclipse.core.expressions
        org.eclipse.core.filebuffers org.eclipse.core.filesystem org.eclipse.core.jobs org.eclipse.core.net
        org.eclipse.core.resources org.eclipse.core.runtime org.eclipse.core.variables org.eclipse.debug.core
        org.eclipse.debug.ui org.eclipse.equinox.app org.eclipse.equinox.bidi org.eclipse.equinox.cm
        org.eclipse.equinox.common org.eclipse.equinox.console org.eclipse.equinox.ds org.eclipse.equinox.event
        org.eclipse.equinox.http.jetty org.eclipse.equinox.http.registry org.eclipse.equinox.http.servlet
        org.eclipse.equinox.launcher org.eclipse.equinox.metatype org.eclipse.equinox.p2.core
        org.eclipse.equinox.p2.engine org.eclipse.equinox.p2.metadata org.eclipse.equinox.p2.repository
        org.eclipse.equinox.preferences org.eclipse.equinox.registry org.eclipse.equinox.security
        org.eclipse.equinox.simpleconfigurator org.eclipse.equinox.supplement org.eclipse.help org.eclipse.jface
        org.eclipse.jface.databinding org.eclipse.jface.text org.eclipse.ltk.core.refactoring org.eclipse.osgi
        org.eclipse.osgi.compatibility.state org.eclipse.osgi.services org.eclipse.osgi.util org.eclipse.search
        org.eclipse.swt org.eclipse.team.core org.eclipse.text org.eclipse.ui org.eclipse.ui.console
        org.eclipse.ui.editors org.eclipse.ui.forms org.eclipse.ui.ide org.eclipse.ui.workbench""",
    "org.elasticsearch": """
        elasticsearch elasticsearch-cli elasticsearch-core elasticsearch-geo elasticsearch-grok elasticsearch-h3
        elasticsearch-hadoop elasticsearch-hadoop-mr elasticsearch-logging elasticsearch-lz4 elasticsearch-nio
        elasticsearch-plugin-analysis-api elasticsearch-plugin-api elasticsearch-plugin-classloader
        elasticsearch-plugin-scanner elasticsearch-preallocate elasticsearch-secure-sm elasticsearch-ssl-config
        elasticsearch-tdigest elasticsearch-x-content""",
    "org.elasticsearch.client": """
        elasticsearch-rest-client elasticsearch-rest-client-sniffer elasticsearch-rest-high-level-client""",
    "org.neo4j.procedure": "apoc apoc-common apoc-core apoc-extended apoc-processor",
    "org.springframework": """
        spring spring-agent spring-aop spring-asm spring-aspects spring-beans spring-context spring-context-indexer
        spring-context-support spring-core spring-core-test spring-expression spring-instrument
        spring-instrument-tomcat spring-jcl spring-jdbc spring-jms spring-messaging spring-orm spring-oxm
        spring-r2dbc spring-struts spring-test spring-tx spring-web spring-webflux spring-webmvc
        spring-webmvc-portlet spring-websocket""",
    "org.springframework.amqp": "spring-amqp spring-erlang spring-rabbit spring-rabbit-junit spring-rabbit-stream",
    "org.springframework.batch": "spring-batch-core spring-batch-infrastructure spring-batch-integration",
    "org.springframework.boot": """
        spring-boot spring-boot-actuator spring-boot-actuator-autoconfigure spring-boot-autoconfigure
        spring-boot-buildpack-platform spring-boot-cli spring-boot-devtools spring-boot-docker-compose
        spring-boot-jarmode-layertools spring-boot-loader spring-boot-loader-tools spring-boot-properties-migrator
        spring-boot-starter spring-boot-starter-activemq spring-boot-starter-actuator spring-boot-starter-amqp
        spring-boot-starter-aop spring-boot-starter-artemis spring-boot-starter-batch spring-boot-starter-cache
        spring-boot-starter-data-cassandra spring-boot-starter-data-elasticsearch spring-boot-starter-data-jdbc
        spring-boot-starter-data-jpa spring-boot-starter-data-ldap spring-boot-starter-data-mongodb
        spring-boot-starter-data-neo4j spring-boot-starter-data-r2dbc spring-boot-starter-data-redis
        spring-boot-starter-data-rest spring-boot-starter-freemarker spring-boot-starter-graphql
        spring-boot-starter-hateoas spring-boot-starter-integration spring-boot-starter-jdbc
        spring-boot-starter-jersey spring-boot-starter-jetty spring-boot-starter-jooq spring-boot-starter-json
        spring-boot-starter-log4j2 spring-boot-starter-logging spring-boot-starter-mail spring-boot-starter-mustache
        spring-boot-starter-oauth2-client spring-boot-starter-oauth2-resource-server spring-boot-starter-quartz
        spring-boot-starter-reactor-netty spring-boot-starter-rsocket spring-boot-starter-security
        spring-boot-starter-test spring-boot-starter-thymeleaf spring-boot-starter-tomcat spring-boot-starter-undertow
        spring-boot-starter-validation spring-boot-starter-web spring-boot-starter-web-services
        spring-boot-starter-webflux spring-boot-starter-websocket spring-boot-test spring-boot-test-autoconfigure""",
    "org.springframework.cloud": """
        spring-cloud-bus spring-cloud-commons spring-cloud-config-client spring-cloud-config-server
        spring-cloud-context spring-cloud-function-context spring-cloud-function-core spring-cloud-gateway-server
        spring-cloud-loadbalancer spring-cloud-netflix-eureka-client spring-cloud-netflix-eureka-server
        spring-cloud-openfeign-core spring-cloud-sleuth-core spring-cloud-starter
        spring-cloud-starter-bootstrap spring-cloud-starter-config spring-cloud-starter-gateway
        spring-cloud-starter-loadbalancer spring-cloud-starter-netflix-eureka-client spring-cloud-starter-openfeign
        spring-cloud-stream""",
    "org.springframework.data": """
        spring-data-cassandra spring-data-commons spring-data-couchbase spring-data-elasticsearch spring-data-envers
        spring-data-gemfire spring-data-geode spring-data-hadoop spring-data-jdbc spring-data-jpa
        spring-data-keyvalue spring-data-ldap spring-data-mongodb spring-data-neo4j spring-data-r2dbc
        spring-data-redis spring-data-relational spring-data-rest-core spring-data-rest-hal-explorer
        spring-data-rest-webmvc spring-data-solr""",
    "org.springframework.hateoas": "spring-hateoas",
    "org.springframework.integration": """
        spring-integration-amqp spring-integration-core spring-integration-event spring-integration-feed
        spring-integration-file spring-integration-ftp spring-integration-http spring-integration-ip
        spring-integration-jdbc spring-integration-jms spring-integration-jmx spring-integration-jpa
        spring-integration-kafka spring-integration-mail spring-integration-mqtt spring-integration-redis
        spring-integration-security spring-integration-sftp spring-integration-stream spring-integration-ws
        spring-integration-xml""",
    "org.springframework.kafka": "spring-kafka spring-kafka-test",
    "org.springframework.ldap": "spring-ldap-core spring-ldap-core-tiger spring-ldap-odm spring-ldap-test",
    "org.springframework.plugin": "spring-plugin-core spring-plugin-metadata",
    "org.springframework.retry": "spring-retry",
    "org.springframework.security": """
        spring-security-acl spring-security-aspects spring-security-cas spring-security-config spring-security-core
        spring-security-crypto spring-security-data spring-security-jwt spring-security-ldap
        spring-security-messaging spring-security-oauth2-authorization-server spring-security-oauth2-client
        spring-security-oauth2-core spring-security-oauth2-jose spring-security-oauth2-resource-server
        spring-security-openid spring-security-remoting spring-security-rsa spring-security-rsocket
        spring-security-saml2-service-provider spring-security-taglibs spring-security-test spring-security-web""",
    "org.springframework.security.oauth": "spring-security-oauth spring-security-oauth2",
    "org.springframework.session": """
        spring-session spring-session-core spring-session-data-mongodb spring-session-data-redis
        spring-session-hazelcast spring-session-jdbc""",
    "org.springframework.ws": "spring-ws-core spring-ws-security spring-ws-support spring-ws-test spring-xml",
}

KNOWN = {artifact: group for group, artifacts in _ARTIFACTS.items() for artifact in artifacts.split()}
